/*
 * Which function of which file of code an address lies in.
 */
#ifndef MVIEW_TRACE_SYMBOL_H
#define MVIEW_TRACE_SYMBOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text;

/*
 * Append "MODULE!SYMBOL", the file without its folder.  True when the symbol is known: one that is exported, or, with
 * `deep`, one of the file's table of all symbols, which is looked through.  Else the address stands for it, counted
 * from the file's beginning: "MODULE!+0x1234".
 */
bool symbol_text(uintptr_t address, bool deep, struct text *text);

/* Append "MODULE" alone. */
void symbol_module(uintptr_t address, struct text *text);

/* The size of an exported function, bytes; 0 where nothing tells: not every C library (musl) does. */
size_t symbol_size(uintptr_t function);

#endif
