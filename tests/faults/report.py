"""What a fault says: figures, what must hold always, and goals in seconds that hold on a machine with nothing else to do."""

from dataclasses import dataclass, field


@dataclass
class Figure:
    name: str
    value: float
    unit: str
    goal: float | None = None
    most: bool = True  # the goal is the most (or the least) that it may be

    def held(self) -> bool:
        return self.goal is None or (self.value <= self.goal if self.most else self.value >= self.goal)

    def text(self) -> str:
        number = (
            f"{self.value:,.0f}"
            if self.value == int(self.value) or abs(self.value) >= 100
            else f"{self.value:.3g}"
        )
        sign = "≤" if self.most else "≥"
        goal = "" if self.goal is None else f" ({sign} {self.goal:g})"
        return f"{self.name} {number}{f' {self.unit}' if self.unit else ''}{goal}"


@dataclass
class Report:
    rounds: int = 0
    long: bool = True  # goals in seconds are held, and sizes are the plan's
    figures: list[Figure] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)

    def count(self, name: str, value: float, unit: str = "") -> None:
        self.figures.append(Figure(name, value, unit))

    def none(self, name: str, found: list) -> None:
        """Of this there may be none, however busy the machine is."""
        self.figures.append(Figure(name, len(found), ""))
        self.findings += [f"{name}: {one}" for one in found]

    def must(self, what: str, holds: bool) -> None:
        if not holds:
            self.findings.append(what)

    def goal(self, name: str, value: float, goal: float, unit: str = "s", *, least: bool = False) -> None:
        """Depends on the machine: a miss is a finding of the long run alone."""
        self.figures.append(Figure(name, value, unit, goal, most=not least))

    def missed(self) -> list[str]:
        return [f"goal missed: {figure.text()}" for figure in self.figures if not figure.held()]

    def text(self) -> str:
        rounds = [f"{self.rounds} round{'' if self.rounds == 1 else 's'}"] if self.rounds else []
        return "; ".join(rounds + [figure.text() for figure in self.figures])

    def markdown(self) -> str:
        return "; ".join(figure.text() if figure.held() else f"**{figure.text()}**" for figure in self.figures)
