"""What the kill matrix does not demand: faults that do not apply and faults that survive, each with the reason."""

from __future__ import annotations

from collections.abc import Mapping

NO_EFFECT = {
    "device": "tests run on one device",
    "generator": "a kernel cannot reproduce the stream of another generator",
    "layout": "results are always strided",
    "padding_idx": "affects gradients only",
    "pin_memory": "tests use one kind of memory",
    "requires_grad": "affects gradients only",
    "scale_grad_by_freq": "affects gradients only",
    "sparse": "affects gradients only",
    "sparse_grad": "affects gradients only",
}
"""Keywords without an effect on values."""

EXEMPT = {
    ("determinant_lu", "pivot"): "does not change the determinant",
    ("determinant_via_qr", "mode"): "does not change the determinant",
    ("fused_cross_entropy_log_softmax", "dim"): "the class dimension is always 1",
    ("fused_dropout_relu_batch_norm_conv2d", "bias"): "the normalisation cancels it",
    ("fused_instance_norm_selu_conv2d", "affine"): "the signature has no scale and no shift",
    ("fused_instance_norm_selu_conv2d", "momentum"): "the signature has no running statistics",
    ("fused_instance_norm_selu_conv2d", "num_features"): "redundant: the weight determines it",
    ("fused_instance_norm_selu_conv2d", "track_running_stats"): "the signature has no running statistics",
    ("fused_layer_norm_relu_linear", "elementwise_affine"): "the signature has no scale and no shift",
    ("fused_mv_logsoftmax_dropout", "dim"): "the product has one dimension only",
    ("fused_repeat_interleave_log_softmax", "output_size"): "redundant: the other arguments determine it",
    ("fused_softmax_log", "unshifted_exponentials"): "the exponential of a logarithm cannot overflow",
    ("fused_sum_std", "keepdim"): "its meaning is not documented; it is always false",
    ("fused_tile_exp", "negative_dim"): "`dims` are repeat counts, not dimensions",
    ("gelu_int8", "approximate"): "both give the same integers",
    ("layernorm_w8a8", "one_pass_variance"): "float32 statistics are required, by either formula",
    ("invert_matrix_lu", "pivot"): "does not change the inverse",
    ("low_rank_svd_approximation", "full_matrices"): "does not change the approximation",
    ("normalize_pairwise_distance", "eps_norm"): "not documented whether it is a lower bound or is added",
    ("normalized_cosine_similarity", "eps_norm"): "changes only vector lengths, which cosine similarity ignores",
    ("normalized_cosine_similarity", "eps_similarity"): "not documented whether it bounds each length or their product",
    ("normalized_cosine_similarity", "p_norm"): "changes only vector lengths, which cosine similarity ignores",
    ("pseudoinverse_svd", "full_matrices"): "does not change the pseudoinverse",
    ("reciprocal", "strips_infinities"): "the reciprocal of the largest number is denormal and may be flushed to zero",
    ("rsqrt", "strips_infinities"): "1/sqrt(x) of the largest number is close to 0",
}
"""Keywords and faults without an effect on one task."""

EQUIVALENT = (
    "strips_nan",
    "strips_infinities",
    "strips_sign_of_zero",
    "half_inside",
    "seven_bits",
    "result_in_an_input",
)
"""Faults that change no result of some operations."""

_LARGE = {"dimensions_above_1024": "a square matrix of that size has a million elements, too slow for the interpreter"}

_BEYOND = {"above_65536_elements": "the determinant of a matrix of that size is infinite in float32"}

SURVIVORS: Mapping[str, Mapping[str, str]] = {
    "det": _BEYOND,
    "determinant_lu": _BEYOND,
    "fused_lu_solve": _LARGE,
    "fused_silu_layer_norm_conv2d": {"one_pass_variance": "the convolution may use TF32, whose rounding hides it"},
    "matrix_vector_dot": _LARGE,
    "symmetric_matrix_vector_norm": _LARGE,
}
"""Faults that survive, by task, each with the reason."""
