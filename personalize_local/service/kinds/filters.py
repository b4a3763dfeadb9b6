"""Filters: which items an answer may hold."""


MOST_FIELDS = 10            # in one filter
MOST_GROUP_FIELDS = 20      # in all filters of a dataset group
