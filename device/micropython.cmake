# Linnet as a user C module for ports built with CMake (rp2, esp32):
# cmake ... -DUSER_C_MODULES=<this file>

set(LINNET_DIR ${CMAKE_CURRENT_LIST_DIR})
file(GLOB LINNET_SOURCES ${LINNET_DIR}/runtime/*.c ${LINNET_DIR}/kernels/*.c ${LINNET_DIR}/kernels/*/*.c ${LINNET_DIR}/kernels/*/*.S)

add_library(usermod_linnet INTERFACE)
target_sources(usermod_linnet INTERFACE ${LINNET_SOURCES} ${LINNET_DIR}/binding/mod_linnet.c ${LINNET_DIR}/binding/mod_image.c ${LINNET_DIR}/binding/mod_audio.c)

# The inner loops are worth more than the port's -Os; a fused multiply-add would round otherwise than other cores do.
set_source_files_properties(${LINNET_SOURCES} PROPERTIES COMPILE_OPTIONS "-O2;-ffp-contract=off")

target_link_libraries(usermod INTERFACE usermod_linnet)
