/*
 * The ways in which an object tells of its memory, by number; what they are called is in telling.h.
 */
#ifndef MVIEW_PROTOCOL_PROTOCOL_H
#define MVIEW_PROTOCOL_PROTOCOL_H

enum protocol {
#define PROTOCOL(id, name, attribute, title) PROTOCOL_##id,
#include "protocol/protocols.def"
#undef PROTOCOL
    PROTOCOL_COUNT
};

enum said {
    SAID_NOTHING, /* the protocol has no word for it */
    SAID_NO,
    SAID_YES,
};

#endif
