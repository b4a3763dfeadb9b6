"""From a look at raw logs to a configuration: guesses, each with what it rests on."""
