"""Filter expressions: parsed by filter.lark, checked against schemas, evaluated over a catalogue."""
