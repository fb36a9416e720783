// The serial port of the unix boards. Standard input and output are the master side of a pty whose other side mpremote
// opens. A thread moves what arrives into a pipe, from which the program reads, and sees Ctrl-C while a program runs.
// A soft reset executes the program anew; pty and pipe, and what they hold, stay.

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "py/mphal.h"
#include "py/mpstate.h"
#include "py/runtime.h"
#include "shared/runtime/pyexec.h"

#define STATE_VARIABLE "LINNET_CONSOLE" // "<pty> <write end of the pipe> <REPL mode>", handed on at a soft reset

static int pty_fd, pipe_fd;
static volatile int interrupt_char = -1;
static pthread_t main_thread;
static pthread_mutex_t moving = PTHREAD_MUTEX_INITIALIZER; // held while bytes are in neither pty nor pipe

// The port's own would have the terminal send SIGINT, which a pty's master side never does.
void __wrap_mp_hal_set_interrupt_char(char c) {
    interrupt_char = (signed char)c;
}

// Runs in the main thread, so that a blocked system call ends and the interpreter's state is its own.
static void on_interrupt(int signal_number) {
    (void)signal_number;
    mp_sched_keyboard_interrupt();
}

// Only ends a blocked system call.
static void on_nudge(int signal_number) {
    (void)signal_number;
}

// The interrupt may come just before a read blocks, or together with a byte that ends it: then nobody looks. Nudge the
// main thread out of its read until it has looked, or is plainly busy with other things.
static void see_interrupt_through(void) {
    for (int tries = 0; tries < 200 && MP_STATE_MAIN_THREAD(mp_pending_exception) != MP_OBJ_NULL; tries++) {
        usleep(1000);
        pthread_kill(main_thread, SIGUSR2);
    }
}

static void write_all(const char *bytes, size_t n_bytes) {
    while (n_bytes > 0) {
        ssize_t n_written = write(pipe_fd, bytes, n_bytes);
        if (n_written < 0) {
            exit(1);
        }
        bytes += n_written;
        n_bytes -= (size_t)n_written;
    }
}

static void move_bytes(void) {
    char bytes[4096]; // PIPE_BUF: what a pipe that polls writable takes at once
    ssize_t n_bytes = read(pty_fd, bytes, sizeof(bytes));
    if (n_bytes <= 0) {
        exit(0); // nobody holds the port any more
    }
    size_t n_kept = 0;
    int interrupted = 0;
    for (ssize_t i = 0; i < n_bytes; i++) {
        if ((unsigned char)bytes[i] == interrupt_char) {
            pthread_kill(main_thread, SIGUSR1);
            interrupted = 1;
        } else {
            bytes[n_kept++] = bytes[i];
        }
    }
    write_all(bytes, n_kept);
    if (interrupted) {
        see_interrupt_through();
    }
}

static void *mover(void *unused) {
    (void)unused;
    for (;;) {
        struct pollfd from_pty = { .fd = pty_fd, .events = POLLIN };
        struct pollfd to_pipe = { .fd = pipe_fd, .events = POLLOUT };
        poll(&from_pty, 1, -1);
        poll(&to_pipe, 1, -1);
        pthread_mutex_lock(&moving);
        move_bytes();
        pthread_mutex_unlock(&moving);
    }
    return NULL;
}

static void open_console(void) {
    const char *state = getenv(STATE_VARIABLE);
    int mode = PYEXEC_MODE_FRIENDLY_REPL;
    if (!state || sscanf(state, "%d %d %d", &pty_fd, &pipe_fd, &mode) != 3) {
        int ends[2];
        pty_fd = dup(STDIN_FILENO);
        if (pty_fd < 0 || pipe(ends) != 0 || dup2(ends[0], STDIN_FILENO) < 0) {
            mp_raise_OSError(errno);
        }
        close(ends[0]);
        pipe_fd = ends[1];
    }
    pyexec_mode_kind = (pyexec_mode_kind_t)mode;

    main_thread = pthread_self();
    struct sigaction action = { .sa_handler = on_interrupt }; // no SA_RESTART: see on_interrupt
    sigaction(SIGUSR1, &action, NULL);
    action.sa_handler = on_nudge;
    sigaction(SIGUSR2, &action, NULL);

    pthread_t thread;
    sigset_t interrupt, before;
    sigemptyset(&interrupt);
    sigaddset(&interrupt, SIGUSR1);
    sigaddset(&interrupt, SIGUSR2);
    pthread_sigmask(SIG_BLOCK, &interrupt, &before);
    if (pthread_create(&thread, NULL, mover, NULL) != 0) {
        mp_raise_OSError(errno);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

// The arguments this process was started with, as execv wants them.
static char **arguments(void) {
    static char text[16384], *list[64];
    FILE *file = fopen("/proc/self/cmdline", "r");
    size_t n_bytes = 0;
    if (file) {
        n_bytes = fread(text, 1, sizeof(text) - 1, file);
        fclose(file);
    }
    size_t n = 0;
    for (size_t at = 0; at < n_bytes && n < MP_ARRAY_SIZE(list) - 1; at += strlen(text + at) + 1) {
        list[n++] = text + at;
    }
    return list;
}

static void soft_reset(void) {
    pthread_mutex_lock(&moving);
    char state[64];
    snprintf(state, sizeof(state), "%d %d %d", pty_fd, pipe_fd, (int)pyexec_mode_kind);
    setenv(STATE_VARIABLE, state, 1);
    execv("/proc/self/exe", arguments());
    exit(1);
}

// run(): what a board does after power-on. Never returns.
static mp_obj_t console_run(void) {
    open_console();
    mp_locals_set(&MP_STATE_VM(dict_main));
    mp_globals_set(&MP_STATE_VM(dict_main));
    int result = pyexec_file_if_exists("/boot.py");
    if (pyexec_mode_kind == PYEXEC_MODE_FRIENDLY_REPL && !(result & PYEXEC_FORCED_EXIT)) {
        pyexec_file_if_exists("/main.py");
    }
    do {
        result = pyexec_mode_kind == PYEXEC_MODE_RAW_REPL ? pyexec_raw_repl() : pyexec_friendly_repl();
    } while (result == 0);
    mp_hal_stdout_tx_str("MPY: soft reboot\r\n");
    soft_reset();
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_0(console_run_obj, console_run);

static const mp_rom_map_elem_t console_globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_console) },
    { MP_ROM_QSTR(MP_QSTR_run), MP_ROM_PTR(&console_run_obj) },
};
static MP_DEFINE_CONST_DICT(console_globals, console_globals_table);

const mp_obj_module_t console_module = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&console_globals,
};
MP_REGISTER_MODULE(MP_QSTR_console, console_module);
