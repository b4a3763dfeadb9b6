"""Files that something else has made, checked as an import and a training would check them."""
