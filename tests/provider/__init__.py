"""A Terraform provider of the tests' own, and the toy cloud behind it.

It serves the schemas of the clouds' current providers (`reduced/`), so that Terraform validates, plans and applies the
modules for real, offline. What it does not copy from them is written in `behaviour.json`.
"""
