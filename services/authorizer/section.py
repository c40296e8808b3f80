"""One section of the settings, as JSON or TOML gives it; each error names its field."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping


class ConfigurationError(ValueError):
    """The settings cannot be used; the text names the field, what is wrong with it, and what it may be."""


class Section:
    """Reads the fields of one table. `where` is its place in the settings, such as `issuers[0].claims`.

    Every reader raises ConfigurationError if the field has another form than it reads.
    """

    def __init__(self, value: object, where: str) -> None:
        if not isinstance(value, dict):
            raise ConfigurationError(f"{where} is not a table")
        self.where = where
        self._fields: dict[str, object] = value
        self._read: set[str] = set()

    def __contains__(self, name: str) -> bool:
        return name in self._fields

    @property
    def table(self) -> Mapping[str, object]:
        """The table itself, for a reader with rules of its own."""
        return self._fields

    def place_of(self, name: str) -> str:
        """The field's own place in the settings."""
        return f"{self.where}.{name}"

    def fault(self, name: str, why: str) -> ConfigurationError:
        """An error about a field, to raise."""
        return ConfigurationError(f"{self.place_of(name)} {why}")

    def value(self, name: str) -> object:
        """Whatever the field holds, None if it is absent."""
        self._read.add(name)
        return self._fields.get(name)

    def text(self, name: str) -> str | None:
        """Text that is not empty, or None if it is absent."""
        value = self.value(name)
        if name in self._fields and (not isinstance(value, str) or not value):
            raise self.fault(name, "is not text, or is empty")
        return value if isinstance(value, str) else None

    def required_text(self, name: str) -> str:
        """Text that must be there."""
        value = self.text(name)
        if value is None:
            raise self.fault(name, "is missing")
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of texts; none if it is absent."""
        value = self.value(name)
        if name not in self._fields:
            return ()
        if not isinstance(value, list | tuple) or not all(isinstance(item, str) and item for item in value):
            raise self.fault(name, "is not a list of texts")
        return tuple(value)

    def flag(self, name: str) -> bool:
        """true or false; false if it is absent."""
        value = self.value(name)
        if name in self._fields and not isinstance(value, bool):
            raise self.fault(name, "is not true or false")
        return value is True

    def seconds(self, name: str, *, least: float, most: float) -> float | None:
        """A number of seconds within the bounds, or None if it is absent."""
        value = self.value(name)
        if name not in self._fields:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise self.fault(name, "is not a number of seconds")
        if not least <= value <= most:
            raise self.fault(name, f"is not between {least:g} and {most:g} seconds")
        return value

    def section(self, name: str) -> Section | None:
        """A table within this one, or None if it is absent."""
        value = self.value(name)
        return Section(value, self.place_of(name)) if name in self._fields else None

    def names(self) -> Iterator[str]:
        """The names of all fields, for a table whose names are free. They count as read."""
        for name in self._fields:
            self._read.add(name)
            yield name

    def finish(self) -> None:
        """Refuse fields that nothing has read: a misspelt setting would otherwise be silently without effect."""
        unknown = sorted(map(str, self._fields.keys() - self._read))
        if unknown:
            known = ", ".join(sorted(self._read))
            raise ConfigurationError(f"{self.where} has unknown fields: {', '.join(unknown)}. Known are: {known}")
