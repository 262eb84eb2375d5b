"""Whether a recorded history of one key is linearizable: each operation at one moment between call and return.

A key is a register that holds an ETag or nothing; its operations are `Operation`s with the answer they got. The
search is Wing and Gong's with Lowe's memory of configurations (what is placed already, and the state it led to).
An operation without an answer (`known` false) took effect at one moment up to `returned`, or never.
Pure; any thread.
"""
import bisect
import math
from dataclasses import dataclass, replace
from typing import NamedTuple

ABSENT = None
# A value that no read answers and no condition names: all such values are one to the search, and so is what a window
# may begin with besides the values it names.
SOMETHING = "(another value)"
FOR_EVER = math.inf
LIMIT = 200_000  # configurations of one search; a legal history takes hardly more than it has operations
WINDOW_LIMIT = 20_000  # of one within a window


@dataclass(frozen=True)
class Operation:
    """One operation on one key.

    kind: "write" (of `value`), "delete", "read" (answers the value) or "compare" (answers how `match` compares).
    absent, match: the condition it came with (If-None-Match: * and If-Match), none when neither is set.
    upload: of a write that completes a multipart upload, which later completions of it find done.
    answer: of a read the value or ABSENT, else the status.
    """

    kind: str
    call: float
    returned: float
    answer: object = None
    value: str = None
    absent: bool = False
    match: str = None
    upload: str = None
    known: bool = True
    who: str = ""

    def changes_nothing(self):
        """Of a known one: in whatever order, it leaves the state as it is."""
        return self.kind in ("read", "compare") or self.answer in (404, 412)

    def text(self, begin):
        words = [self.kind]
        words += [f"value {self.value[:12]}"] if self.value else []
        words += ["if absent"] if self.absent else []
        words += [f"if {self.match[:12]}"] if self.match else []
        words += [f"upload {self.upload}"] if self.upload else []
        answer = self.answer if self.kind != "read" or self.answer is ABSENT else self.answer[:12]
        answer = ("absent" if answer is ABSENT else answer) if self.known else "no answer"
        end = "for ever" if self.returned == FOR_EVER else f"{(self.returned - begin) * 1e3:.3f} ms"
        return f"[{(self.call - begin) * 1e3:.3f}, {end}] {self.who:>4} {' '.join(words)} -> {answer}"


class State(NamedTuple):
    value: str = ABSENT
    made_by: str = None                   # upload whose completion wrote the value
    completed: frozenset = frozenset()    # uploads there are no more


def outcome(state, operation):
    """The answer that `operation` gets in `state`, and the state after it."""
    if operation.kind == "read":
        return state.value, state
    if operation.upload is not None and operation.upload in state.completed:
        return (200 if state.made_by == operation.upload else 404), state
    if operation.absent and state.value is not ABSENT:
        return 412, state
    if operation.kind == "delete" and state.value is ABSENT:
        return 204, state  # with If-Match too (S3 API, DeleteObject)
    if operation.match is not None and state.value != operation.match:
        return (404 if state.value is ABSENT else 412), state
    if operation.kind == "compare":
        return 200, state
    if operation.kind == "delete":
        return 204, State(ABSENT, None, state.completed)
    completed = state.completed if operation.upload is None else state.completed | {operation.upload}
    return 200, State(operation.value, operation.upload, completed)


def simplified(operations):
    """The same question with fewer states: what tells nothing apart has one name."""
    named, completions = {ABSENT}, {}
    for one in operations:
        named |= {one.match, one.answer if one.kind == "read" else ABSENT}
        completions[one.upload] = completions.get(one.upload, 0) + 1
    return [replace(one, value=one.value if one.value in named else SOMETHING,
                    upload=one.upload if completions[one.upload] > 1 else None) for one in operations]


class Search:
    """One search over `operations`; `configurations` counts what it looked at."""

    def __init__(self, operations):
        self.operations = sorted(simplified(operations), key=lambda one: (one.call, one.returned))
        self.kinds = [(one.kind, one.value, one.absent, one.match, one.upload, one.answer if one.known else "", one.known)
                      for one in self.operations]
        self.writers, self.users = {}, {}  # of each value, their places
        for at, one in enumerate(self.operations):
            if one.kind == "write":
                self.writers.setdefault(one.value, []).append(at)
            used = one.answer if one.kind == "read" else one.match if one.answer == 200 else ABSENT
            if one.known and one.upload is None and used is not ABSENT:  # a repeated completion sees no value
                self.users.setdefault(used, []).append(at)
        self.configurations, self.stuck = 0, [-FOR_EVER, -FOR_EVER]

    def succeeds(self, initial=State(), limit=LIMIT):
        """Whether some order of them explains all answers; None when `limit` configurations do not tell. If not,
        the first return without an explanation lies from `stuck[0]` to `stuck[1]`, as far as it looked.
        A configuration: the first operation not placed, a mask of those placed after it, and the state."""
        lonely = [one for value, places in self.users.items() if value not in self.writers and value != initial.value
                  for one in places]
        if lonely:
            self.stuck = [min(self.operations[at].returned for at in lonely)] * 2
            return False
        waiting, seen = [(0, 0, initial)], set()
        while waiting:
            configuration = waiting.pop()
            if configuration in seen:
                continue
            if len(seen) == limit:
                return None
            seen.add(configuration)
            self.configurations += 1
            first, mask, state = configuration
            if first == len(self.operations):
                return True
            candidates, next_return = self._candidates(first, mask)
            self.stuck = [max(at, next_return) for at in self.stuck]
            waiting.extend(self._steps(first, mask, state, candidates, next_return))
        return False

    def _candidates(self, first, mask):
        """What may come next: everything called before the first return among those not placed."""
        operations, found, next_return = self.operations, [], FOR_EVER
        for at in range(first, len(operations)):
            if operations[at].call > next_return:
                break
            if not mask >> (at - first) & 1:
                found.append(at)
                next_return = min(next_return, operations[at].returned)
        return [at for at in found if operations[at].call <= next_return], next_return

    def _steps(self, first, mask, state, candidates, next_return):
        """The configurations after one more, the most promising last."""
        steps = []
        for at in candidates:
            operation = self.operations[at]
            answer, after = outcome(state, operation)
            if operation.known and answer != operation.answer:
                continue
            if operation.known and operation.changes_nothing():
                return [_placed(first, mask, at, state)]  # now is as good as any later moment
            if after == state and not operation.known:
                continue
            if after.value == state.value or not self._misses(first, mask, at, state.value):
                steps.append((operation.returned, at, after))
        steps.sort(key=lambda step: step[0], reverse=True)
        # Of those that differ in nothing else, the one that must return first goes first.
        steps = list({self.kinds[at]: (returned, at, after) for returned, at, after in steps}.values())
        steps.sort(key=lambda step: step[0], reverse=True)
        never = [_placed(first, mask, at, state) for at in candidates
                 if not self.operations[at].known and self.operations[at].returned == next_return]
        return never[:1] + [_placed(first, mask, at, after) for _, at, after in steps]

    def _misses(self, first, mask, at, value):
        """Whether somebody still has to see `value`, which `at` replaces for good."""
        open_ones = lambda places: [one for one in places[bisect.bisect_left(places, first):]
                                    if one != at and not mask >> (one - first) & 1]
        missing = open_ones(self.users.get(value, ()))
        if not missing or open_ones(self.writers.get(value, ())):
            return False
        self.stuck[1] = max(self.stuck[1], min(self.operations[one].returned for one in missing))
        return True


def _placed(first, mask, at, state):
    mask |= 1 << (at - first)
    while mask & 1:
        mask >>= 1
        first += 1
    return first, mask, state


class Undecided(Exception):
    """Too many operations at once."""


def is_linearizable(operations, initial=State()):
    return Search(operations).succeeds(initial)


def prefix(operations, moment):
    """What was seen until `moment`: an operation under way then may have happened."""
    kept = []
    for one in operations:
        if one.call > moment:
            continue
        if one.returned <= moment:
            kept.append(one)
        elif not (one.known and one.changes_nothing()):
            kept.append(replace(one, known=False, returned=FOR_EVER))
    return kept


def since(operations, moment):
    """What is left of them without those that returned before `moment`, weaker than they were together: an operation
    under way then may have come before, and completions of an upload that has several may all have been repeats."""
    completions = {}
    for one in operations:
        if not (one.known and one.answer in (404, 412)):
            completions[one.upload] = completions.get(one.upload, 0) + 1
    kept = []
    for one in operations:
        if one.returned < moment or (one.upload is not None and one.answer == 404):
            continue
        begun_before = one.call < moment
        if begun_before and one.known and one.changes_nothing():
            continue
        if begun_before or (one.upload is not None and completions.get(one.upload, 0) > 1):
            one = replace(one, known=False)
        kept.append(replace(one, upload=None))
    return kept


def fails_from_any_state(operations):
    """True is certain, False may be for want of a longer search."""
    values = {SOMETHING, ABSENT}
    for one in operations:
        values |= {one.match, one.answer if one.kind == "read" else ABSENT}
    return all(Search(operations).succeeds(State(value), WINDOW_LIMIT) is False for value in values)


def shortest_failing_window(operations):
    """The operations of the shortest stretch that no state before it explains; None for a linearizable history.
    Its end is the first return that has no explanation. Raises Undecided."""
    search = Search(operations)
    verdict = search.succeeds()
    if verdict:
        return None
    low, high = search.stuck
    ends = sorted({one.returned for one in operations if one.known and low <= one.returned <= high})
    breaks = lambda end: Search(prefix(operations, end)).succeeds() is False
    end = ends[bisect.bisect_left(ends, True, hi=len(ends) - 1, key=breaks)] if verdict is False else high
    window = prefix(operations, end)
    calls = sorted({one.call for one in window}, reverse=True)
    fails = lambda count: fails_from_any_state(since(window, calls[count - 1]))
    # Fewer operations fail less: the first count, doubled each time, that fails bounds the search for the least one.
    count = 1
    while not fails(count):
        if count == len(calls):
            if verdict is None:
                raise Undecided(f"after {search.configurations} configurations")
            return sorted(window, key=lambda one: one.call)  # only the whole history, from nothing, says it
        count = min(2 * count, len(calls))
    least = bisect.bisect_left(range(1, count), True, key=fails) + 1
    return sorted(since(window, calls[least - 1]), key=lambda one: one.call)
