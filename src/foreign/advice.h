/*
 * The command that goes on from a file, as the tables kinds.def and folders.def
 * give it, with the file's name put in: it shows as it is in a terminal, and
 * runs as it stands in bash and zsh (in others where no $'...' is in it).
 */
#ifndef MVIEW_FOREIGN_ADVICE_H
#define MVIEW_FOREIGN_ADVICE_H

struct text;

/*
 * See kinds.def for what the advice may hold; `details` go where it has a $.
 * FILE stands for "-", and for a path with which *text would outgrow an error's message.
 */
void foreign_put_advice(struct text *text, const char *advice, const char *path, const char *details);

#endif
