// Every operator of this build, one row each: its code (FORMAT.md, section 5) and its name.
// A new operator is a file linnet_NAME.c beside this one, and a row here.

#define LINNET_OPERATORS(ROW) \
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

// Operators written anew for a core: code, layout (FORMAT.md, section 5), name. They live in the core's own folder,
// and their weights are laid out by host/linnet/layouts/.

#define LINNET_OPERATORS_ARMV6M(ROW)
#define LINNET_OPERATORS_ARMV7EM(ROW)
#define LINNET_OPERATORS_HELIUM(ROW)
#define LINNET_OPERATORS_RV32IMC(ROW)
