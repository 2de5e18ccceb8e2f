"""Judges exchanges and returns verdicts. Pure: the same exchanges always give the same verdicts."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

from conformance.catalogue import Outcome, Requirement, Verdict
from conformance.causes.marking import Marks
from conformance.exchange import Exchange
from conformance.fair import crowded, timed
from conformance.groups import groups
from conformance.offered import not_offered
from conformance.requirements import CATALOGUE, by_id
from conformance.subject import Answer, read
from conformance.verdict import JudgingContext, applies, at_first, not_offered_here, on_answer, on_group

__all__ = ["Judging", "applies", "group_rules", "hurried", "judge", "judge_answers", "judge_exchange"]


class Judging:
    """Judges the exchanges of one provider, one answer at a time.

    No more than one answer has to be held whole: for the rules on several exchanges, which are judged at the
    end, what `lightened` keeps of each is enough.
    """

    def __init__(
        self,
        exchanges: Sequence[Exchange],
        declared: Collection[str] = (),
        *,
        grouped: bool = True,
        keep: Callable[[Verdict], bool] = lambda _: True,
    ) -> None:
        """`exchanges` are all that will be judged; `declared` are the ids of the declared dialects.

        Of exchanges that are not known beforehand no groups are judged, and an API is there once it answered.
        Groups of exchanges are judged only if `grouped`. `keep` says which verdicts that are no violation are
        held until the end.
        """
        ids = {exchange.id for exchange in exchanges}
        # A repetition without the exchange whose request it repeats is an exchange like others.
        self._again = {one.again: one for one in exchanges if one.again in ids}
        asked = [one for one in exchanges if one.again not in ids]
        self._absent = not_offered(asked)
        self._declared = declared
        self.there = frozenset(one.api for one in asked if _answers(one))
        """The APIs whose path is known to be there."""
        self._groups = tuple(groups(asked)) if grouped else ()
        self._marks = Marks(keep)
        self.members = frozenset(name for group in self._groups for name in group.parts.values())
        """The ids of the exchanges that are in a group, or whose request another one repeats."""
        self.members |= self._again.keys() | {one.id for one in self._again.values()}

    def see(self, answer: Answer) -> tuple[list[Verdict], bool]:
        """Judges the next answer, which is whole. A repetition is judged beside what it repeats.

        Returns the verdicts, and whether they stay as they are, whatever else is judged.
        """
        exchange = answer.exchange
        if exchange.again in self._again:
            return [], True
        if _answers(exchange):
            self.there |= {exchange.api}
        rules = [rule for rule in CATALOGUE if applies(rule, exchange.api, exchange.expects)]
        if exchange.api in self._absent:
            absent = [not_offered_here(rule, exchange) for rule in rules]
            self._marks.add((verdict, ()) for verdict in absent)
            return absent, exchange.id not in self.members
        repeated = self._again.get(exchange.id)
        known = JudgingContext(self._declared, self.there, read(repeated) if repeated is not None else None)

        def again(verdict: Verdict, instead: Mapping[str, Answer]) -> Outcome:
            return on_answer(by_id(verdict.requirement), instead[verdict.subject], known)[0].outcome

        judged = [on_answer(rule, answer, known) for rule in rules]
        final = self._marks.see(judged, answer, again)
        return self._marks.marked(verdict for verdict, _ in judged), final and exchange.id not in self.members

    def end(self, answers: Iterable[Answer]) -> list[Verdict]:
        """All verdicts: on each exchange, then on each group of them. The answers may be lightened."""
        by_name = {answer.id: answer for answer in answers}
        found = {(group.kind, group.name): group for group in self._groups}
        known = JudgingContext(there=self.there)
        judged = []
        for membership in self._groups:
            group = membership.group(by_name)
            judged += [on_group(rule, group, known) for rule in CATALOGUE if rule.kind is membership.kind]

        def again(verdict: Verdict, instead: Mapping[str, Answer]) -> Outcome:
            rule = by_id(verdict.requirement)
            group = found[rule.kind, verdict.subject].group({**by_name, **instead})
            return on_group(rule, group, known)[0].outcome

        return self._marks.end(judged, by_name, again)


def judge(exchanges: Iterable[Exchange], declared: Collection[str] = ()) -> list[Verdict]:
    """All verdicts on exchanges of one provider: on each exchange, then on each group of them.

    `declared` holds the ids of the dialects that the provider declares.
    """
    return judge_answers([read(exchange) for exchange in exchanges], declared)


def judge_answers(answers: Sequence[Answer], declared: Collection[str] = ()) -> list[Verdict]:
    """Like `judge`, for exchanges that are already decoded and assembled."""
    judging = Judging([answer.exchange for answer in answers], declared)
    for answer in answers:
        judging.see(answer)
    return judging.end(answers)


def judge_exchange(exchange: Exchange, declared: Collection[str] = ()) -> list[Verdict]:
    """The verdicts on a single exchange, without group rules."""
    judging = Judging([exchange], declared, grouped=False)
    judging.see(read(exchange))
    return judging.end(())


def _answers(exchange: Exchange) -> bool:
    # Whether the path of the request is known to be there.
    return exchange.status is not None and exchange.status < 400


def hurried(exchange: Exchange) -> bool:
    """Whether the timing breaks a rule while other requests were open: then it is sent again alone."""
    if not exchange.beside:
        return False
    answer = read(exchange)
    return any(
        crowded(rule, at_first(rule, answer, JudgingContext())[0], exchange)
        for rule in CATALOGUE
        if timed(rule) and applies(rule, exchange.api, exchange.expects)
    )


def group_rules(exchanges: Sequence[Exchange]) -> Iterator[tuple[str, Requirement, tuple[str, ...]]]:
    """Every group rule for these exchanges, as (group name, rule, ids of the group's exchanges)."""
    for group in groups(exchanges):
        for rule in CATALOGUE:
            if rule.kind is group.kind:
                yield group.name, rule, tuple(group.parts.values())
