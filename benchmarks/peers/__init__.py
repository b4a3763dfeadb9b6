"""What the engine is measured against: known methods in their usual form, each fitted on the same histories."""
