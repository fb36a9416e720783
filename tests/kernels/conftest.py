"""Says at the end how many recorded cases were exact."""


def pytest_terminal_summary(terminalreporter):
    passed = [dict(report.user_properties) for report in terminalreporter.getreports("passed") if report.when == "call"]
    exact = [properties["exact_cases"] for properties in passed if "exact_cases" in properties]
    portable = [(operator, n) for operator, core, n in exact if core == "portable"]
    if portable:
        n_cases, n_runs = sum(n for _, n in portable), sum(n for _, _, n in exact)
        operators = len({operator for operator, _ in portable})
        near = [properties["near_cases"] for properties in passed if "near_cases" in properties]
        n_near = sum(n for _, core, n in near if core == "portable")
        terminalreporter.write_line(
            f"{n_cases:,} recorded cases of {operators} operators are exact, and {n_runs - n_cases:,} times more in tuned layouts; "
            f"{n_near:,} of functions in float32 are within a few units in the last place"
        )
