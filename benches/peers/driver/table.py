"""The tables, in Markdown."""

from statistics import median

from .participants import Sendcast


def line(*cells):
    print("| " + " | ".join(str(cell) for cell in cells) + " |")


def head(*names):
    line(*names)
    line("---", *("---:" for _ in names[1:]))


def ratio(these, those):
    """The median of the rounds' ratios: each round's two ran one after the other."""
    return median(this.sending / that.sending for this, that in zip(these, those))


def figures(taking_part, rows, rounds):
    head(
        "median of the rounds", "recipients × rounds", "sending, msg/s", "of the bare loop", "sendcast / it",
        "whole, msg/s", "CPU s / 10,000", "peak MB",
    )
    for one in taking_part:
        mine = rounds[one.name]
        ours = rounds.get(Sendcast.name)
        middle = lambda field: median(getattr(round, field) for round in mine)
        line(
            one.title,
            f"{rows[one.name]:,} × {len(mine)}",
            f"{middle('sending'):,.0f}",
            f"{ratio(mine, rounds['bare']):.2f}",
            f"{ratio(ours, mine):.2f}×" if ours and one.name != Sendcast.name else "",
            f"{middle('whole'):,.0f}",
            f"{middle('cpu'):.2f}",
            f"{middle('peak'):.0f}",
        )
    print(
        "\nSending is from the first POST to the last answer, whole from the start of the process. CPU and memory "
        "are the client's and its server's (Redis) together. Ratios are of sending, within a round."
    )


def killed(taking_part, killed):
    head("", "POSTs at the kill", "POSTed twice or more", "never POSTed", "listed as in doubt", "second start to end, s")
    for one in taking_part:
        if told := killed.get(one.name):
            listed = "no such list" if told.in_doubt is None else told.in_doubt
            line(one.title, f"{told.before:,}", told.twice, told.never, listed, f"{told.again:.1f}")
    print(
        "\nThose that sendcast never POSTed are among those that it lists. apalis and BullMQ take up what the dead "
        "process held when its lease has ended: by their defaults after a minute, and after half of one to one."
    )


def guarantees(taking_part):
    for one in taking_part:
        if one.guarantee:
            says, source = one.guarantee
            print(f"- **{one.title}**: {says} ({source}).")
    print(
        "\nA power cut is another matter: only sendcast syncs its record to disk before the POST. apalis's `setup` turns "
        "syncing off (`PRAGMA synchronous = OFF`), Redis syncs once a second, the log is left to the system."
    )
