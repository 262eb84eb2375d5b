"""The checker of recorded histories accepts legal ones and finds planted violations; small random histories are
compared with every order there is."""
import itertools
import random
import sys
import time
import unittest
from dataclasses import replace

from register_checker import (
    ABSENT, FOR_EVER, Operation, Search, State, is_linearizable, outcome, shortest_failing_window)


def write(call, returned, value, answer=200, **more):
    return Operation("write", call, returned, answer, value, **more)


def read(call, returned, value):
    return Operation("read", call, returned, value)


def delete(call, returned, answer=204, **more):
    return Operation("delete", call, returned, answer, **more)


def lost(operation, until=FOR_EVER):
    """The same without its answer."""
    return replace(operation, known=False, returned=until)


def complete(call, returned, value, upload, answer=200, **more):
    return write(call, returned, value, answer, upload=upload, **more)


class Accepts(unittest.TestCase):
    def check(self, *operations):
        self.assertTrue(is_linearizable(operations))
        self.assertIsNone(shortest_failing_window(operations))

    def test_one_after_the_other(self):
        self.check(read(0, 1, ABSENT), write(2, 3, "a"), read(4, 5, "a"), delete(6, 7), read(8, 9, ABSENT))

    def test_both_values_while_a_write_is_under_way(self):
        self.check(write(0, 1, "a"), write(2, 9, "b"), read(3, 4, "a"), read(5, 6, "b"))

    def test_one_winner_of_if_none_match(self):
        self.check(write(0, 9, "a", absent=True), write(1, 8, "b", 412, absent=True), read(10, 11, "a"))

    def test_two_winners_with_a_deletion_between(self):
        self.check(write(0, 9, "a", absent=True), delete(1, 8), write(2, 7, "b", absent=True), read(10, 11, "b"))

    def test_chain_of_if_match(self):
        self.check(write(0, 1, "a"), write(2, 9, "b", match="a"), write(3, 8, "c", match="b"),
                   write(4, 7, "d", 412, match="a"), read(10, 11, "c"))

    def test_conditions_on_nothing(self):
        self.check(write(0, 1, "a", 404, match="x"), delete(2, 3, 204, match="x"),
                   Operation("compare", 4, 5, 404, match="x"))

    def test_lost_write_that_happened(self):
        self.check(write(0, 1, "a"), lost(write(2, 0, "b")), read(3, 4, "a"), read(5, 6, "b"))

    def test_lost_write_that_never_happened(self):
        self.check(write(0, 1, "a"), lost(write(2, 0, "b")), read(3, 4, "a"), read(5, 6, "a"))

    def test_lost_deletion_before_its_end(self):
        self.check(write(0, 1, "a"), lost(delete(2, 0), 4), read(5, 6, ABSENT))

    def test_completion_twice(self):
        self.check(complete(0, 1, "a", "u"), complete(2, 3, "a", "u"), read(4, 5, "a"), write(6, 7, "b"),
                   complete(8, 9, "a", "u", 404), read(10, 11, "b"))

    def test_repeated_completion_asks_for_no_condition(self):
        self.check(write(0, 1, "a"), complete(2, 3, "b", "u", match="a"), complete(4, 5, "b", "u", match="a"))

    def test_completions_at_once(self):
        self.check(complete(0, 9, "a", "u"), complete(0, 9, "a", "u"), complete(0, 9, "a", "u", 404),
                   write(0, 9, "b"), read(10, 11, "b"))

    def test_values_that_come_back(self):
        self.check(write(0, 1, "a"), write(2, 3, "b"), write(4, 5, "a"), write(6, 7, "c", match="a"), read(8, 9, "c"))


class Finds(unittest.TestCase):
    def check(self, *operations, window=None):
        found = shortest_failing_window(operations)
        self.assertIsNotNone(found)
        if window is not None:
            named = [(one.kind, one.value or one.answer) for one in found]
            self.assertEqual(named, window)

    def test_stale_read(self):
        self.check(write(0, 1, "a"), read(2, 3, "a"), write(4, 5, "b"), read(6, 7, "a"), read(8, 9, "b"),
                   window=[("write", "b"), ("read", "a")])

    def test_values_going_back(self):
        self.check(write(0, 1, "a"), write(2, 9, "b"), read(3, 4, "b"), read(5, 6, "a"), read(10, 11, "b"))

    def test_lost_update(self):
        self.check(write(0, 1, "a"), write(2, 9, "b", match="a"), write(3, 8, "c", match="a"), read(10, 11, "c"))

    def test_acknowledged_write_that_is_gone(self):
        self.check(write(0, 1, "a"), read(2, 3, ABSENT), window=[("write", "a"), ("read", ABSENT)])

    def test_two_winners_of_if_none_match(self):
        self.check(write(0, 9, "a", absent=True), write(1, 8, "b", absent=True), read(10, 11, "b"),
                   window=[("write", "a"), ("write", "b")])

    def test_refusal_without_a_reason(self):
        self.check(write(0, 1, "a", 412, absent=True), read(2, 3, ABSENT))
        self.check(write(0, 1, "a"), write(2, 3, "b", 412, match="a"), window=[("write", "a"), ("write", "b")])

    def test_deleted_value_read(self):
        self.check(write(0, 1, "a"), delete(2, 3), read(4, 5, "a"))

    def test_deletion_refused_though_it_was_there_or_gone(self):
        self.check(write(0, 1, "a"), delete(2, 9, match="a"), delete(3, 8, 412, match="a"))

    def test_refused_write_that_happened(self):
        self.check(write(0, 1, "a"), write(2, 3, "b", 412, absent=True), read(4, 5, "b"))

    def test_lost_write_later_than_its_end(self):
        self.check(write(0, 1, "a"), lost(write(2, 0, "b"), 4), read(5, 6, "a"), read(7, 8, "b"))

    def test_lost_write_that_comes_and_goes(self):
        self.check(write(0, 1, "a"), lost(write(2, 0, "b")), read(3, 4, "b"), read(5, 6, "a"))

    def test_completion_that_writes_twice(self):
        self.check(complete(0, 1, "a", "u"), write(2, 3, "b"), complete(4, 5, "a", "u"), read(6, 7, "a"))

    def test_copy_of_a_completed_object_is_not_it(self):
        self.check(complete(0, 1, "a", "u"), write(2, 3, "a"), complete(4, 5, "a", "u"))

    def test_window_leaves_out_what_does_not_matter(self):
        before = [write(at, at + 0.5, f"v{at}") for at in range(100)]
        after = [write(at, at + 0.5, f"v{at}") for at in range(110, 200)]
        self.check(*before, write(101, 102, "x"), read(103, 104, "v7"), *after, window=[("write", "x"), ("read", "v7")])


def explained_by_some_order(operations):
    """Every order that time allows, by brute force."""
    lost_ones = [one for one in operations if not one.known]
    for count in range(len(lost_ones) + 1):
        for happened in itertools.combinations(lost_ones, count):
            chosen = [one for one in operations if one.known] + list(happened)
            for order in itertools.permutations(chosen):
                if any(late.returned < early.call for early, late in itertools.combinations(order, 2)):
                    continue
                state, fits = State(), True
                for one in order:
                    answer, state = outcome(state, one)
                    fits = fits and (answer == one.answer or not one.known)
                if fits:
                    return True
    return False


def recorded(chance, count, clients, for_ever=True):
    """A history of `count` operations on a real register, each at a random moment between call and return."""
    history, state, free, values = [], State(), [0.0] * clients, ["x"]
    for number in range(count):
        client = free.index(min(free))
        call = free[client] + chance.random()
        moment, kind = call + chance.expovariate(1), chance.choice(["write"] * 3 + ["read"] * 3 + ["delete", "compare"])
        one = Operation(kind, call, moment + chance.expovariate(1))
        if kind == "write":
            one = replace(one, value=f"v{number}", absent=chance.random() < 0.3)
            if not one.absent and chance.random() < 0.3:
                one = replace(one, value=f"c{number % 3}", upload=f"u{number % 3}")
            values.append(one.value)
        if kind == "compare" or (kind != "read" and not one.absent and chance.random() < 0.4):
            one = replace(one, match=chance.choice(values[-3:]))
        free[client] = one.returned
        history.append((moment, one))
    answered = []
    for moment, one in sorted(history, key=lambda each: each[0]):
        answer, state = outcome(state, one)
        answered.append(replace(one, answer=answer))
        if one.kind in ("write", "delete") and chance.random() < 0.1:
            answered[-1] = lost(answered[-1], FOR_EVER if for_ever and chance.random() < 0.5 else one.returned)
    return answered


def spoiled(chance, operations):
    """The same with one other answer."""
    at = chance.randrange(len(operations))
    one = operations[at]
    answers = {"read": [ABSENT, "v0", "v1", "c1"], "write": [200, 412, 404], "delete": [204, 412, 404],
               "compare": [200, 412, 404]}
    return operations[:at] + [replace(one, answer=chance.choice(answers[one.kind]))] + operations[at + 1:]


class Agrees(unittest.TestCase):
    def test_with_every_order(self):
        chance, verdicts = random.Random(1), [0, 0]
        for _ in range(700):
            operations = recorded(chance, chance.randrange(2, 6), 3)
            if chance.random() < 0.7:
                operations = spoiled(chance, operations)
            expected = explained_by_some_order(operations)
            self.assertEqual(is_linearizable(operations), expected, operations)
            self.assertEqual(shortest_failing_window(operations) is None, expected, operations)
            verdicts[expected] += 1
        self.assertGreater(min(verdicts), 100)

    def test_with_what_really_happened(self):
        for seed in range(8):
            operations = recorded(random.Random(seed), 1500, 12, for_ever=False)
            search = Search(operations)
            self.assertTrue(search.succeeds(), seed)

    def test_a_window_fails_alone(self):
        chance, found = random.Random(2), 0
        for _ in range(60):
            operations = spoiled(chance, recorded(chance, 150, 5, for_ever=False))
            window = shortest_failing_window(operations)
            if window is not None:
                found += 1
                self.assertLess(len(window), len(operations))
        self.assertGreater(found, 20)


if __name__ == "__main__":
    began = time.perf_counter()
    done = unittest.main(exit=False, verbosity=1)
    print(f"{done.result.testsRun} checks in {time.perf_counter() - began:.1f} s")
    sys.exit(0 if done.result.wasSuccessful() else 1)
