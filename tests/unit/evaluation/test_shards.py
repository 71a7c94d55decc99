"""--kb-shard: parts are disjoint, complete, balanced, and stay as they are when kernels are added."""

from __future__ import annotations

from collections import Counter

import pytest

from pytest_kernelbench.evaluation.shards import Shard
from pytest_kernelbench.model.catalogue import Catalogue


@pytest.mark.parametrize("count", [1, 2, 3, 4, 7, 16, 176, 200])
def test_each_kernel_is_in_one_part_and_parts_are_as_large(count: int) -> None:
    ranks = range(len(Catalogue.find().names()))
    shards = [Shard(number, count) for number in range(1, count + 1)]
    sizes: Counter[int] = Counter()
    for variant in (None, "round_1", "round_2", "sample_07"):
        mine = Counter(shard.number for rank in ranks for shard in shards if shard.holds(rank, variant))
        assert mine.total() == len(ranks) == 176
        assert max(mine.values()) - (min(mine.values()) if len(mine) == count else 0) <= 1
        sizes += mine
    assert max(sizes.values()) - min(sizes[number] for number in range(1, count + 1)) <= 4


def test_neighbours_are_in_different_parts() -> None:
    assert [Shard(1, 3).holds(rank, None) for rank in range(6)] == [True, False, False] * 2


def test_reading() -> None:
    assert Shard.parse(" 2/4 ") == Shard(2, 4)
    assert str(Shard(2, 4)) == "2/4"


@pytest.mark.parametrize("text", ["0/4", "5/4", "1/0", "2", "a/b", "1/2/3", "-1/4", ""])
def test_what_is_no_part(text: str) -> None:
    with pytest.raises(ValueError, match="expected I/N with I from 1 to N"):
        Shard.parse(text)
