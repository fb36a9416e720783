// Every operator, one row each: its code (FORMAT.md, section 5) and its name, ascending.
// A new operator is a file linnet_NAME.c in its group's folder, and a row here.
//
// The base is in every build; a native module brings each other group (device/natmod), all other builds have them all.

#define LINNET_OPERATORS_BASE(ROW) \
    ROW(1, conv_2d) \
    ROW(2, depthwise_conv_2d) \
    ROW(3, fully_connected) \
    ROW(4, average_pool_2d) \
    ROW(5, max_pool_2d) \
    ROW(6, add) \
    ROW(7, pad) \
    ROW(8, reshape) \
    ROW(9, softmax) \
    ROW(10, lut) \
    ROW(11, quantize) \
    ROW(12, dequantize)

// Moving data: device/kernels/shapes/, from 64.
#define LINNET_OPERATORS_SHAPES(ROW) \
    ROW(64, strided_copy) \
    ROW(65, indexed_copy) \
    ROW(66, concatenation) \
    ROW(67, resize_bilinear) \
    ROW(68, gather) \
    ROW(69, cast)

// Arithmetic that fewer models need: device/kernels/math/, from 128.
#define LINNET_OPERATORS_MATH(ROW) \
    ROW(128, elementwise) \
    ROW(129, prelu) \
    ROW(130, compare) \
    ROW(131, integer) \
    ROW(132, select) \
    ROW(133, reduce) \
    ROW(134, arg_max) \
    ROW(135, log_softmax) \
    ROW(136, cumsum) \
    ROW(137, add_n) \
    ROW(138, top_k) \
    ROW(160, transpose_conv) \
    ROW(161, batch_matmul) \
    ROW(162, l2_normalization) \
    ROW(163, grouped_conv_2d)

// Layers with a memory: device/kernels/sequences/, from 192.
#define LINNET_OPERATORS_SEQUENCES(ROW) \
    ROW(192, unidirectional_sequence_lstm) \
    ROW(193, svdf)

// Activations of 16 bits: device/kernels/int16/, from 256.
#define LINNET_OPERATORS_INT16(ROW) \
    ROW(256, conv_2d_int16) \
    ROW(257, depthwise_conv_2d_int16) \
    ROW(258, fully_connected_int16) \
    ROW(259, average_pool_2d_int16) \
    ROW(260, max_pool_2d_int16) \
    ROW(261, elementwise_int16) \
    ROW(262, sigmoid_int16) \
    ROW(263, softmax_int16) \
    ROW(264, rescale_int16) \
    ROW(265, sum_int16) \
    ROW(266, transpose_conv_int16) \
    ROW(267, batch_matmul_int16)

// Single precision: device/kernels/float32/, from 320.
#define LINNET_OPERATORS_FLOAT32(ROW) \
    ROW(320, conv_2d_float32) \
    ROW(321, depthwise_conv_2d_float32) \
    ROW(322, fully_connected_float32) \
    ROW(323, pool_2d_float32) \
    ROW(324, binary_float32) \
    ROW(325, unary_float32) \
    ROW(326, softmax_float32) \
    ROW(327, reduce_float32) \
    ROW(328, arg_max_float32) \
    ROW(329, batch_matmul_float32) \
    ROW(330, l2_normalization_float32) \
    ROW(331, transpose_conv_float32) \
    ROW(332, resize_bilinear_float32)

// Weights of four bits: device/kernels/int4/, from 384.
#define LINNET_OPERATORS_INT4(ROW) \
    ROW(384, fully_connected_int4)

// Operators written anew for a core: code, layout (FORMAT.md, section 5), name. They live in the core's own folder,
// and their weights are laid out by host/linnet/layouts/.

#define LINNET_OPERATORS_ARMV6M(ROW) \
    ROW(1, 0, conv_2d_armv6m) \
    ROW(1, 1, conv_2d_armv6m) \
    ROW(2, 0, depthwise_conv_2d_armv6m) \
    ROW(3, 0, fully_connected_armv6m) \
    ROW(3, 1, fully_connected_armv6m) \
    ROW(6, 0, add_armv6m)
#define LINNET_OPERATORS_ARMV7EM(ROW) \
    ROW(1, 0, conv_2d_armv7em) \
    ROW(2, 0, depthwise_rows_armv7em) \
    ROW(2, 1, depthwise_taps_armv7em) \
    ROW(3, 0, fully_connected_armv7em) \
    ROW(4, 0, average_pool_2d_armv7em) \
    ROW(6, 0, add_armv7em)
#define LINNET_OPERATORS_HELIUM(ROW) \
    ROW(1, 0, conv_2d_helium) \
    ROW(2, 0, depthwise_rows_helium) \
    ROW(2, 1, depthwise_columns_helium) \
    ROW(2, 2, depthwise_taps_helium) \
    ROW(3, 0, fully_connected_helium) \
    ROW(4, 0, average_pool_2d_helium) \
    ROW(5, 0, max_pool_2d_helium) \
    ROW(6, 0, add_helium) \
    ROW(6, 1, add_exact_helium)
#define LINNET_OPERATORS_RV32IMC(ROW) \
    ROW(1, 0, conv_2d_rv32imc) \
    ROW(1, 1, conv_2d_rv32imc) \
    ROW(2, 0, depthwise_conv_2d_rv32imc) \
    ROW(3, 0, fully_connected_rv32imc) \
    ROW(3, 1, fully_connected_rv32imc) \
    ROW(6, 0, add_rv32imc)
#define LINNET_OPERATORS_XTENSA(ROW) \
    ROW(1, 0, conv_2d_xtensa) \
    ROW(2, 0, depthwise_conv_2d_xtensa) \
    ROW(3, 0, fully_connected_xtensa) \
    ROW(6, 0, add_rv32imc)
