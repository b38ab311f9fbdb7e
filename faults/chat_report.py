"""The chat's run as tables for people."""

from typing import Any

from faults.verdicts import SHOWN


def print_chat(report: dict[str, Any]) -> None:
    print_resumes(report["resumes"])
    print_lags(report["lags"])
    print(f"\n{'':14}attempted  acknowledged")
    for kind, row in report["said"].items():
        print(f"{kind:14}{row['attempted']:9}  {row['acknowledged']:12}")
    counts = report["counts"]
    print(
        f"\n{report['visitors']} visitors, {report['polling']} of them by long requests, "
        f"{report['agents']} agents · {report['rows']} rows · repeats {report['repeats']} · "
        f"lost {counts['lost']} · duplicated {counts['duplicated']} · foreign {counts['foreign']}"
    )
    print(f"traffic {report['traffic']}\n")
    width = max(len(name) for name in report["verdicts"])
    for name, verdict in report["verdicts"].items():
        print(f"{'holds' if verdict['holds'] else 'FAILS'}  {name:{width}}  {verdict['said']}")
        for line in verdict["against"][:SHOWN]:
            print(f"       {line}")
        if len(verdict["against"]) > SHOWN:
            print(f"       … and {len(verdict['against']) - SHOWN} more")


def print_resumes(resumes: dict[str, dict[str, Any]]) -> None:
    """Seconds; ``read``: everything missed is here, ``whole``: and the line holds again."""
    heads = ("broken", "again", "noticed", "read p99", "whole p50", "p99", "max")
    print(f"\n{'after':20}" + "".join(f"{head:>10}" for head in heads))
    for kind, row in sorted(resumes.items()):
        times = (row[name] for name in ("noticed_max", "read_p99", "p50", "p99", "max"))
        cells = "".join(f"{seconds:10.2f}" for seconds in times)
        print(f"{kind:20}{row['broken']:10}{row['again']:10}{cells}")


def print_lags(lags: dict[str, dict[str, Any]]) -> None:
    print(
        f"\n{'on the other screen':20}"
        + "".join(f"{h:>10}" for h in ("words", "p50", "p99", "max"))
    )
    for name, row in lags.items():
        cells = "".join(f"{row[which]:10.2f}" for which in ("p50", "p99", "max"))
        print(f"{name:20}{row['words']:10}{cells}")
