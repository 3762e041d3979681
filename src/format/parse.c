#include "format/parser.h"

#include "base/error.h"
#include "base/text.h"

#include <string.h>

static bool read_item(struct parser *parser, struct format_field *field);

/* The byte order of a mode, '<' or '>'. */
static char resolve_order(char mode)
{
    if (mode == '!') {
        return '>';
    }
    if (mode == '<' || mode == '>') {
        return mode;
    }
    return FORMAT_NATIVE_ORDER;
}

/* Pointers that exporters write without an order of their own: what follows & is the target's. */
static bool is_address(const struct format_field *field)
{
    return field->code == '&' || field->code == 'X';
}

static void set_mode(struct format_field *field, char mode)
{
    field->mode = mode;
    field->native = format_mode_is_native(mode);
    field->order = resolve_order(is_address(field) ? '@' : mode);
}

/* --- names ------------------------------------------------------------------ */

static bool read_name(struct parser *parser, struct format_field *field)
{
    const char *start = parser->at + 1;
    const char *end;

    if (*parser->at != ':') {
        return true;
    }
    parser_struct_since(parser, FORMAT_NEVER);
    end = strchr(start, ':');
    if (end == NULL) {
        return format_refuse(parser->error, parser->text, start, "name without end");
    }
    field->name = start;
    field->name_length = (size_t)(end - start);
    parser->at = end + 1;
    return true;
}

/* --- structs ---------------------------------------------------------------- */

/* Items up to a closing brace or the end of the text, neither of which is taken. */
static bool read_items(struct parser *parser, struct members *members)
{
    for (;;) {
        struct format_field field = {0};

        if (!read_item(parser, &field)) {
            return false;
        }
        if (field.text == NULL) {
            return true;
        }
        if (!read_name(parser, &field) || !members_add(parser, members, &field)) {
            return false;
        }
    }
}

/* A struct that begins in a mode needs it told when a member depends on it before the mode changes. */
static char struct_prefix(const struct format_field *field, char mode)
{
    size_t i;

    for (i = 0; i < field->field_count && mode != '@'; i++) {
        const struct format_field *member = &field->fields[i];

        if (is_address(member)) {
            return mode; /* alone it does not care, but here it would be aligned */
        }
        if (member->prefix != '\0' || member->mode != mode) {
            return member->prefix;
        }
    }
    return '\0';
}

/* --- codes ------------------------------------------------------------------ */

static bool go_deeper(struct parser *parser)
{
    if (parser->depth == FORMAT_MAX_DEPTH) {
        return format_refuse(parser->error, parser->text, parser->at, "nested deeper than %d",
                             FORMAT_MAX_DEPTH);
    }
    parser->depth++;
    return true;
}

/* "T{...}" */
static bool read_struct(struct parser *parser, struct format_field *field)
{
    struct members members = {0};
    char mode = parser->mode;

    parser_struct_since(parser, FORMAT_NEVER);
    if (parser->at[1] != '{') {
        return format_refuse(parser->error, parser->text, parser->at, "'T' without '{'");
    }
    if (!go_deeper(parser)) {
        return false;
    }
    parser->at += 2;
    if (!read_items(parser, &members) || !members_close(parser, &members, field)) {
        return false;
    }
    if (*parser->at == '}') {
        parser->at++;
    } else {
        parser_add_trait(parser, FORMAT_UNCLOSED);
    }
    parser->depth--;
    set_mode(field, parser->mode);
    field->prefix = struct_prefix(field, mode);
    return true;
}

/* "&..." and what it points to: that must be well-formed, but is not in this item. */
static bool read_pointer(struct parser *parser, struct format_field *field)
{
    struct format_field target = {0};
    unsigned had_object = parser->format->traits & FORMAT_HAS_OBJECT;

    if (!go_deeper(parser)) {
        return false;
    }
    parser->at++;
    if (!read_item(parser, &target)) {
        return false;
    }
    if (target.text == NULL) {
        return format_refuse(parser->error, parser->text, parser->at, "'&' without a target");
    }
    parser->depth--;
    parser->format->traits = (parser->format->traits & ~(unsigned)FORMAT_HAS_OBJECT) | had_object;
    field->prefix = target.prefix;
    return true;
}

/* "X{...}": a function, its signature in a syntax that no document gives. */
static bool read_function(struct parser *parser)
{
    const char *start = parser->at;
    size_t open = 0;

    if (start[1] != '{') {
        return format_refuse(parser->error, parser->text, start, "'X' without '{'");
    }
    do {
        parser->at++;
        open += *parser->at == '{';
        open -= *parser->at == '}';
        if (*parser->at == '\0') {
            return format_refuse(parser->error, parser->text, start, "'X{' without '}'");
        }
    } while (open > 0);
    parser->at++;
    return true;
}

/* The letter of the table at a place: Ze Zf Zd Zg are E F D G there, which makes E alone none. */
static const struct format_code *find_code(const char *at)
{
    static const char parts[] = "efdg";
    const char *part = at[0] == 'Z' && at[1] != '\0' ? strchr(parts, at[1]) : NULL;

    if (part != NULL) {
        return format_code("EFDG"[part - parts]);
    }
    return at[0] == 'E' ? NULL : format_code(at[0]);
}

static bool refuse_code(struct parser *parser)
{
    unsigned code_point;
    size_t length = utf8_read(parser->at, strlen(parser->at), &code_point);

    return format_refuse(parser->error, parser->text, parser->at, "unknown code '%.*s'",
                         length > 0 ? (int)length : 1, parser->at);
}

/* Complex numbers came late, and with a Z later. */
static int struct_since(const struct format_code *code, bool standard, bool with_z)
{
    if (!(code->flags & CODE_IN_STRUCT) || ((code->flags & CODE_NATIVE_ONLY) && standard)) {
        return FORMAT_NEVER;
    }
    if (code->kind == FORMAT_COMPLEX) {
        return with_z ? FORMAT_SINCE_3_15 : FORMAT_SINCE_3_14;
    }
    return FORMAT_ALWAYS;
}

static bool read_code(struct parser *parser, struct format_field *field, const struct format_code *code)
{
    bool standard = !format_mode_is_native(parser->mode);
    bool with_z = parser->at[0] == 'Z' && code->letter != 'Z';

    field->kind = code->kind;
    field->code = code->letter;
    set_mode(field, parser->mode);
    if (code->kind == FORMAT_OBJECT) {
        parser_add_trait(parser, FORMAT_HAS_OBJECT);
    } else if (code->kind == FORMAT_POINTER) {
        parser_add_trait(parser, FORMAT_HAS_POINTER);
    }
    if ((code->flags & CODE_NATIVE_ONLY) && standard) {
        parser_add_trait(parser, FORMAT_NATIVE_IN_STANDARD);
    }
    parser_struct_since(parser, struct_since(code, standard, with_z));
    switch (code->letter) {
    case '&':
        return read_pointer(parser, field);
    case 'X':
        field->prefix = '\0';
        return read_function(parser);
    default:
        parser->at += with_z ? 2 : 1;
        return true;
    }
}

/* One item without its name; field->text stays NULL when there is none before '}' or the end. */
static bool read_item(struct parser *parser, struct format_field *field)
{
    const struct format_code *code;
    struct prefix prefix;
    const char *start;
    char mode;

    parser_skip_space(parser);
    start = parser->at;
    mode = parser->mode;
    if (!prefix_read(parser, &prefix)) {
        return false;
    }
    if (*parser->at == '\0' || *parser->at == '}') {
        return (!prefix.has_count && prefix.ndim == 0) ||
               format_refuse(parser->error, parser->text, start, "%s without a code",
                             prefix.has_count ? "count" : "shape");
    }
    code = find_code(parser->at);
    if (code == NULL && *parser->at != 'T') {
        return refuse_code(parser);
    }
    if (!prefix_apply(parser, &prefix, code != NULL && (code->flags & CODE_COUNTED), field)) {
        return false;
    }
    if (code != NULL) {
        field->prefix = code->standard > 1 && mode != '@' ? mode : '\0';
        if (!read_code(parser, field, code)) {
            return false;
        }
    } else if (!read_struct(parser, field)) {
        return false;
    }
    if (prefix.has_order) {
        field->prefix = '\0';
    }
    field->text = start;
    field->text_length = (size_t)(parser->at - start);
    return true;
}

bool format_read(struct format *format, const char *text, struct error *error)
{
    struct parser parser = {
        .format = format,
        .scratch = ARENA_INIT(format->arena.limit),
        .text = text,
        .at = text,
        .mode = '@',
        .error = error,
    };
    struct format_field *root = &format->root;
    struct members members = {0};
    bool ok = read_items(&parser, &members);

    if (ok && *parser.at == '}') {
        ok = format_refuse(error, text, parser.at, "'}' without '{'");
    }
    if (ok && members.count == 1 && members.first->field.name == NULL) {
        *root = members.first->field;
    } else if (ok) {
        ok = members_close(&parser, &members, root);
        set_mode(root, parser.mode);
        root->text = text;
        root->text_length = strlen(text);
    }
    arena_free(&parser.scratch);
    return ok;
}
