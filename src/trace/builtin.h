/*
 * Functions made in C that Python code can call, found by their machine code:
 * for files of code that were stripped of names.
 */
#ifndef MVIEW_TRACE_BUILTIN_H
#define MVIEW_TRACE_BUILTIN_H

#include <stdbool.h>
#include <stdint.h>

struct text;

/*
 * Append the name ("bytes.join", "zlib.crc32") under which a module that is imported, or a type, has the function that
 * begins at this address; false when none has.  With the GIL; no code of the program's runs.
 */
bool builtin_text(uintptr_t function, struct text *text);

#endif
