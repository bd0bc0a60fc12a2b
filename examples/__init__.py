"""The example fleet and what generates its bills and usage."""
