"""A deployment in virtual time: the template and the function are real, CloudFormation and the hours are not."""
