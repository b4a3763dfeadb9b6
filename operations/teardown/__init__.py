"""Take down what is deployed, and look whether anything is left."""
