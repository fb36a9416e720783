# What the emulated Pico adds to the port: a REPL on the UART, beside the one on USB, that `mpremote mount` can use.

add_library(usermod_emulated_rp2 INTERFACE)
target_sources(usermod_emulated_rp2 INTERFACE ${CMAKE_CURRENT_LIST_DIR}/uart_poll.c)
target_compile_definitions(usermod_emulated_rp2 INTERFACE MICROPY_HW_ENABLE_UART_REPL=1)
target_link_options(usermod_emulated_rp2 INTERFACE -Wl,--wrap=mp_hal_stdio_poll)
target_link_libraries(usermod INTERFACE usermod_emulated_rp2)
