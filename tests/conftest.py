"""What the tests share: fixtures live in tests/fixtures_<thing>.py."""

pytest_plugins = [
    "tests.fixtures_aws",
    "tests.fixtures_azure",
    "tests.fixtures_bigquery",
    "tests.fixtures_bills",
    "tests.fixtures_demo",
    "tests.fixtures_fleet",
    "tests.fixtures_focus",
    "tests.fixtures_months",
    "tests.fixtures_nise",
    "tests.fixtures_golden",
    "tests.fixtures_s3",
]
