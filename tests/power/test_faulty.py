"""Each known fault must be found by the fixed cases alone: recall must not hang on luck."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pytest_kernelbench.model.task import FACETS
from tests.power import derived
from tests.power.sampling import chosen, some_in_every_run

FAULTY = sorted(Path(__file__).parent.glob("faulty/*__*.py"))

EXPECTED = {
    "class_of_16_bits__nll_loss": ("sizes", "wrong_values"),
    "four_dims__fused_add_gelu": ("sizes", "wrong_values"),
    "programs_to_128__argmax": ("sizes", "wrong_values"),
    "results_to_65536__interpolate": ("sizes", "wrong_values"),
    "row_of_16_bits__fused_embedding_add_tanh": ("sizes", "wrong_values"),
    "space_of_1024__nll_loss": ("sizes", "wrong_values"),
    "space_of_16_bits__batch_norm": ("sizes", "wrong_values"),
    "eight_bits__fused_hardshrink_dropout": ("values", "wrong_values"),
    "approximation_for_all__gelu": ("basic", "wrong_values"),
    "bias_correction_missing__Adam": ("basic", "wrong_values"),
    "block_of_any_size__softmax": ("basic", "compile_error"),
    "cdiv_of_the_language__sigmoid": ("basic", "runtime_error"),
    "channel_is_last__batch_norm": ("basic", "wrong_values"),
    "codes_overflow__linear_w4a16": ("basic", "wrong_values"),
    "codes_wrap__bmm_w8a8": ("basic", "wrong_values"),
    "eps_missing__batch_norm": ("basic", "wrong_values"),
    "eps_outside_root__batch_norm": ("basic", "wrong_values"),
    "every_block_alike__rand": ("basic", "wrong_values"),
    "loop_left_early__sigmoid": ("basic", "compile_error"),
    "not_quantised__layernorm_w8a8": ("basic", "wrong_values"),
    "not_quantised__matmul_w8a8": ("basic", "wrong_values"),
    "one_element_result__smooth_l1_loss": ("basic", "wrong_shape"),
    "one_scale__conv2d_w8a8": ("basic", "wrong_values"),
    "one_scale__layernorm_w8a8": ("basic", "wrong_values"),
    "one_scale__matmul_w8a8": ("basic", "wrong_values"),
    "one_scale_for_the_batch__bmm_w8a8": ("basic", "wrong_values"),
    "plain_global__sigmoid": ("basic", "compile_error"),
    "pointer_not_advanced__addmm": ("basic", "wrong_values"),
    "rounded_down__gelu_int8": ("basic", "wrong_values"),
    "scale_missing__attention": ("basic", "wrong_values"),
    "six_bits__rand": ("basic", "wrong_values"),
    "sixteen_bits__rand": ("basic", "wrong_values"),
    "stale_workspace__sum": ("basic", "wrong_values"),
    "stride_is_a_constant__fused_cos_signbit": ("basic", "compile_error"),
    "swapped_difference__batch_norm": ("basic", "wrong_values"),
    "swapped_nibbles__linear_w4a16": ("basic", "wrong_values"),
    "truncated_codes__linear_w4a16": ("basic", "wrong_values"),
    "truncated_codes__matmul_w8a8": ("basic", "wrong_values"),
    "uninitialised_sum__sum": ("basic", "wrong_values"),
    "values_in_float__attention_w8a8": ("basic", "wrong_values"),
    "zero_point_of_seven__linear_w4a16": ("basic", "wrong_values"),
    "align_corners_ignored__interpolate": ("sizes", "wrong_values"),
    "at_most_64_programs__sigmoid": ("sizes", "wrong_values"),
    "batch_not_broadcast__matmul": ("sizes", "wrong_values"),
    "beta_ignored__smooth_l1_loss": ("sizes", "wrong_values"),
    "beta_of_zero__smooth_l1_loss": ("sizes", "wrong_values"),
    "bias_in_codes__conv2d_w8a8": ("sizes", "wrong_values"),
    "biased_running_var__batch_norm": ("sizes", "wrong_values"),
    "block_cap__softmax": ("sizes", "wrong_values"),
    "block_of_8192__softmax": ("sizes", "wrong_values"),
    "broadcast_by_remainder__fused_add_gelu": ("sizes", "wrong_values"),
    "causal_off_by_one__attention": ("sizes", "wrong_values"),
    "ceil_mode_ignored__fused_relu_max_pool2d_conv2d": ("sizes", "wrong_shape"),
    "channels_in_one_block__conv2d": ("sizes", "wrong_values"),
    "common_count__Adam": ("sizes", "wrong_values"),
    "correction_ignored__std": ("sizes", "wrong_values"),
    "dilation_ignored__conv2d": ("sizes", "wrong_values"),
    "empty_input__log1p": ("sizes", "runtime_error"),
    "eps_inside_root__RMSProp": ("sizes", "wrong_values"),
    "floor_window_end__adaptive_avg_pool2d": ("sizes", "wrong_values"),
    "gradient_assumed__Adam": ("sizes", "runtime_error"),
    "grid_from_rows__tril_mm_and_scale": ("sizes", "wrong_values"),
    "groups_ignored__conv2d": ("sizes", "wrong_values"),
    "groups_of_tiles__matmul_fp16": ("sizes", "wrong_values"),
    "heads_to_64__attention": ("sizes", "wrong_values"),
    "ignore_index_ignored__nll_loss": ("sizes", "wrong_values"),
    "index_of_16_bits__index_select": ("sizes", "wrong_values"),
    "inner_to_2560__matmul_fp16": ("sizes", "wrong_values"),
    "inner_to_4096__matmul_bf16": ("sizes", "wrong_values"),
    "inplace_ignored__relu": ("sizes", "wrong_values"),
    "keepdim_ignored__argmax": ("sizes", "wrong_shape"),
    "last_dim_only__softmax": ("sizes", "wrong_values"),
    "last_program_missing__exp_sqrt": ("sizes", "wrong_values"),
    "mean_over_count__nll_loss": ("sizes", "wrong_values"),
    "nan_times_zero__addmm": ("sizes", "wrong_values"),
    "negative_dim__index_select": ("sizes", "runtime_error"),
    "no_tail_mask__sum": ("sizes", "wrong_values"),
    "not_rescaled__attention": ("sizes", "wrong_values"),
    "odd_input_dropped__linear_w4a16": ("sizes", "wrong_values"),
    "padding_not_counted__avg_pool1d": ("sizes", "wrong_values"),
    "partials_in_one_block__smooth_l1_loss": ("sizes", "wrong_values"),
    "rate_kept__Adam": ("sizes", "wrong_values"),
    "reduction_ignored__smooth_l1_loss": ("sizes", "wrong_values"),
    "running_stats_kept__batch_norm": ("sizes", "wrong_values"),
    "scan_of_one_block__masked_select": ("sizes", "wrong_shape"),
    "rest_of_a_long_row__sum": ("sizes", "wrong_values"),
    "several_dims__std": ("sizes", "wrong_shape"),
    "sign_of_zero__Lion": ("sizes", "wrong_values"),
    "smoothing_of_ignored__fused_cross_entropy_log_softmax": ("sizes", "wrong_values"),
    "store_instead_of_atomic__smooth_l1_loss": ("sizes", "wrong_values"),
    "sum_of_16384__sum": ("sizes", "wrong_values"),
    "training_ignored__batch_norm": ("sizes", "wrong_values"),
    "two_dims_only__softmax": ("sizes", "refused"),
    "window_of_4096__adaptive_avg_pool2d": ("sizes", "wrong_values"),
    "wrong_constant__gelu": ("sizes", "wrong_values"),
    "zero_dim__reciprocal": ("sizes", "runtime_error"),
    "zero_other__argmax": ("sizes", "wrong_values"),
    "dtype_ignored__softmax": ("dtypes", "wrong_dtype"),
    "dtype_ignored__sum": ("dtypes", "wrong_dtype"),
    "float32_result__abs": ("dtypes", "wrong_dtype"),
    "float64_in_float32__determinant_lu": ("dtypes", "wrong_values"),
    "half_accumulator__sum": ("dtypes", "wrong_values"),
    "half_arithmetic__gelu": ("dtypes", "wrong_values"),
    "half_lanes__fused_mv_sigmoid_sub": ("dtypes", "wrong_values"),
    "half_products__matmul": ("dtypes", "wrong_values"),
    "half_squares__mse_loss": ("dtypes", "wrong_values"),
    "int64_through_float64__abs": ("dtypes", "wrong_values"),
    "int64_through_int32__abs": ("dtypes", "wrong_values"),
    "integer_division__reciprocal": ("dtypes", "wrong_dtype"),
    "through_float__abs": ("dtypes", "wrong_values"),
    "contiguity_assumed__gelu": ("layouts", "wrong_values"),
    "strides_of_one_operand__matmul": ("layouts", "wrong_values"),
    "cancellation__log1p": ("values", "wrong_values"),
    "eps_added__reciprocal": ("values", "wrong_values"),
    "masked_by_a_billion__softmax": ("values", "wrong_values"),
    "mean_of_squares__std": ("values", "wrong_values"),
    "nan_dropped__relu": ("values", "wrong_values"),
    "overflowing_exp__sigmoid": ("values", "wrong_values"),
    "overflowing_tanh__fused_tanh_linear": ("values", "wrong_values"),
    "peak_starts_at_a_billion__argmax": ("values", "wrong_values"),
    "rate_off_by_a_sixteenth__fused_hardshrink_dropout": ("values", "wrong_values"),
    "rate_off_by_a_sixteenth__fused_transformer_block": ("sizes", "wrong_values"),
    "row_starts_with_infinity__softmax": ("values", "wrong_values"),
    "copy_written__sigmoid": ("contract", "wrong_values"),
    "generator_ignored__rand": ("contract", "contract"),
    "generator_stands__rand": ("contract", "contract"),
    "gradients_ignored__rand": ("contract", "contract"),
    "input_overwritten__abs": ("contract", "contract"),
    "out_as_workspace__fused_mul_sub": ("contract", "wrong_values"),
    "out_ignored__sigmoid": ("contract", "contract"),
    "same_draws__rand": ("contract", "contract"),
    "shared_result__exp_sqrt": ("contract", "contract"),
    "unmasked_store__sigmoid": ("contract", "contract"),
    "bare_masked_load__sum": ("engine", "wrong_values"),
    "copied_in_the_same_launch__scatter": ("engine", "wrong_values"),
    "grid_of_another_config__exp_sqrt": ("engine", "wrong_values"),
    "last_chunk_divides__softmax": ("engine", "wrong_values"),
    "partials_of_another_config__smooth_l1_loss": ("engine", "wrong_values"),
    "path_for_newer_gpus__sigmoid": ("engine", "wrong_values"),
    "persistent_without_loop__relu": ("engine", "wrong_values"),
    "pseudo_vectorised__abs": ("engine", "wrong_values"),
    "rows_on_axis_y__min": ("engine", "runtime_error"),
    "tuned_in_place__RMSProp": ("engine", "wrong_values"),
    "uninitialised_peak__softmax": ("engine", "wrong_values"),
    "zeroed_by_program_0__smooth_l1_loss": ("engine", "wrong_values"),
    "floor_of_a_pair__sigmoid": ("basic", "wrong_values"),
    "remainder_of_loop__sigmoid": ("basic", "wrong_values"),
    "offsets_in_32_bits__index_select": ("layouts", "wrong_values"),
    "block_scope__smooth_l1_loss": ("contract", "contract"),
    "border_written_again__sigmoid": ("contract", "contract"),
    "element_before_first__relu": ("contract", "contract"),
    "finished_by_last_program__mean": ("contract", "contract"),
    "false_contiguous__abs": ("contract", "contract"),
    "false_multiple__sum": ("contract", "contract"),
    "lock_freed_by_store__smooth_l1_loss": ("contract", "contract"),
    "mirrored_without_barrier__sigmoid": ("contract", "contract"),
    "plain_ticket__smooth_l1_loss": ("contract", "contract"),
    "relaxed_ticket__smooth_l1_loss": ("contract", "contract"),
    "row_read_in_full__softmax": ("contract", "contract"),
    "ticket_before_store__smooth_l1_loss": ("contract", "contract"),
}
"""The facet in which each kernel must fail, and how it must fail there."""

IN_EVERY_RUN = 12
"""One in so many faulty kernels is judged in every run."""

Records = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def records(
    request: pytest.FixtureRequest,
    start: Callable[..., Any],
    judge: Callable[..., Any],
    tmp_path_factory: pytest.TempPathFactory,
) -> Records:
    """Records of the kernels whose tests will run, each tried where it must fail and in `basic`, which comes first."""
    names = set(chosen(request, "name"))
    groups: dict[str, list[Path]] = {facet: [] for facet in FACETS}
    for path in (*FAULTY, *derived.written(tmp_path_factory.mktemp("derived"))):
        if path.stem in names:
            groups[EXPECTED[path.stem][0]].append(path)
    # Two at a time: most kernels are wrong in these two facets.
    early = start(groups.pop("basic") + groups.pop("sizes"), "--kb-facets=basic,sizes")
    sessions = [judge(kernels, f"--kb-facets=basic,{facet}") for facet, kernels in groups.items() if kernels]
    early.finish()
    return {name: record for session in (early, *sessions) for name, record in session.by_name().items()}


def test_every_faulty_kernel_is_expected_somewhere() -> None:
    assert sorted([*(path.stem for path in FAULTY), *derived.DERIVED]) == sorted(EXPECTED)


@pytest.mark.parametrize("name", some_in_every_run(EXPECTED, IN_EVERY_RUN))
def test_fault_is_found_where_it_lies(name: str, records: Records) -> None:
    facet, status = EXPECTED[name]
    record = records[name]
    assert record["status"] != "passed"
    assert record["facets"].get(facet) == status, record["failure"]
    assert record["failure"]["case"] is not None
