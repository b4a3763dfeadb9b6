"""Thin bridges to ministack and moto, the only files that touch their internals."""
