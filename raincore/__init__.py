"""rain's core library; importing it costs nothing."""

__version__ = "0.1.0"
