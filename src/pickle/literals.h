/*
 * The opcodes that push a value of their own.  Widths are in bytes, of numbers or of lengths.
 */
#ifndef MVIEW_PICKLE_LITERALS_H
#define MVIEW_PICKLE_LITERALS_H

#include "pickle/state.h"

bool run_constant(struct machine *machine, unsigned which); /* 0 None, 1 False, 2 True */
bool run_unsigned(struct machine *machine, unsigned width);
bool run_binint(struct machine *machine, unsigned width);
/* INT and LONG: decimal digits; INT's "00" and "01" are bools, LONG ends in L. */
bool run_digits(struct machine *machine, unsigned is_long);
bool run_long(struct machine *machine, unsigned width);
bool run_float(struct machine *machine, unsigned unused);
bool run_binfloat(struct machine *machine, unsigned unused);
bool run_bytes(struct machine *machine, unsigned width);
bool run_bytearray(struct machine *machine, unsigned width);
bool run_binstring(struct machine *machine, unsigned width);
bool run_string(struct machine *machine, unsigned unused);
bool run_unicode(struct machine *machine, unsigned unused);
bool run_binunicode(struct machine *machine, unsigned width);

#endif
