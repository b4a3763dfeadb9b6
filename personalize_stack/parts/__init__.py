"""The parts of PersonalizeStack: what is declared, as connected constructs."""
