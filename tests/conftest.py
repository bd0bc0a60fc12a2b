"""What the tests share: fixtures live in tests/fixtures_<thing>.py."""

from hypothesis import settings

# How long an example takes says nothing of the code on a machine that does other things too.
settings.register_profile("hubledger", deadline=None)
settings.load_profile("hubledger")

pytest_plugins = [
    "tests.fixtures_aws",
    "tests.fixtures_azure",
    "tests.fixtures_backends",
    "tests.fixtures_bigquery",
    "tests.fixtures_bills",
    "tests.fixtures_books",
    "tests.fixtures_checkov",
    "tests.fixtures_demo",
    "tests.fixtures_browser",
    "tests.fixtures_oidc",
    "tests.fixtures_fleet",
    "tests.fixtures_focus",
    "tests.fixtures_infra",
    "tests.fixtures_long_lake",
    "tests.fixtures_months",
    "tests.fixtures_nise",
    "tests.fixtures_golden",
    "tests.fixtures_ledger",
    "tests.fixtures_postgres",
    "tests.fixtures_s3",
    "tests.fixtures_schematron",
    "tests.fixtures_terraform",
    "tests.fixtures_aws_provider",
]
