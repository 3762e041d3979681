/*
 * What the objects of a pickle mean: recipes, one for each name that is known.
 *
 * The machine (pickle/) leaves what a pickle would call as objects: callable,
 * arguments, state, items.  A recipe is a function that looks at one such
 * object and tells what the library would have made of it: an array, a text,
 * members with names.  It imports and runs nothing either.  Recipes are asked
 * late: when somebody looks at a value (recipe_value), after the machine has
 * come to its end, so that the graph is whole, cycles and all.
 *
 * How to add one
 *   1. a row in recipes.def:      RECIPE("torch._utils", "_rebuild_tensor_v2", torch_tensor)
 *   2. the function, in a file of this room named after the library:
 *        struct pickle_value *torch_tensor(struct reading *reading, struct pickle_object *object)
 *      It is asked for each object whose callable has that name, however it is
 *      called (REDUCE, NEWOBJ, INST ...): look at object->how where that matters.
 *      - recipe_argument(reading, object, 0) is the first argument, itself
 *        read by its recipe already; NULL when there is none of that place.
 *      - recipe_attribute(object, "name") is a value of the state's dicts.
 *      - an array: recipe_array (with strides, in bytes, of any memory of the
 *        file: see recipe_range); a text as repr would write it: recipe_text;
 *        members by name: recipe_named.
 *      - object->type = "torch.Tensor" where the type is not the callable.
 *      Return the value made; NULL to leave the object as it is, its parts
 *      reachable as those of an unknown one.  For something that claims to be
 *      known and is not right, `return recipe_fail(reading, "...")`: the object
 *      stays, and its row says why.
 *   3. rows of the same names in audit/standard.def or libraries.def: --check then knows them to
 *      build data only.
 * Persistent ids and what lies outside of the pickle: reading->persistent.
 * Bytes inside the stream: a function called behind BUILD (joblib.c is one).
 *
 * The bytes of a file are hostile: lengths are checked against what is there
 * (recipe_array does), loops over items are accounted for (recipe_work), and
 * memory comes from reading->arena.
 */
#ifndef MVIEW_RECIPE_RECIPE_H
#define MVIEW_RECIPE_RECIPE_H

#include "recipe/reading.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text;

/*
 * Read the pickle at the start of `bytes`, which may be any part of `file`: a
 * member of an archive, what lies behind an .npy header, the next of a stream
 * (at reading->pickle.length of the one before).  Offsets are told as those in
 * `file`.  `pages` (or NULL): the mapping that `bytes` are in, as long as the reading is; where it is of a file,
 * what was read is given back.  The reading's persistent and context are the caller's to set
 * afterwards.  Nothing has to be freed but the arena.
 */
bool reading_parse(struct reading *reading, struct recipe_range file, struct recipe_range bytes,
                   const struct mapping *pages, struct arena *arena, struct error *error);

/* The pickle's bytes take no more memory until they are looked at again. */
void reading_give_back(struct reading *reading);

/* A pickle inside the bytes of another, for what runs behind a BUILD; NULL and the error when it is none. */
struct reading *reading_nested(struct reading *outer, struct recipe_range bytes, struct error *error);

/* What a value means: itself, or what its recipe made of it. */
struct pickle_value *recipe_value(struct reading *reading, struct pickle_value *value);

/* The type's name as it is shown, and why a value could not be read as what it claims to be (NULL: it could). */
const char *recipe_type_name(struct reading *reading, struct pickle_value *value);
const char *recipe_remark(struct reading *reading, struct pickle_value *value);

/* Where a buffer's first item lies in the file (bytes); UINT64_MAX when it doesn't. */
uint64_t recipe_offset(const struct reading *reading, const struct pickle_value *value);

/* --- for recipes: looking at an object ------------------------------------ */

/* The class or function that is called, also where a call names it (getattr); NULL when it has no name. */
struct pickle_global *recipe_callable(struct reading *reading, const struct pickle_object *object);

/* Number of positional arguments, and each of them, read; NULL past the end. */
size_t recipe_argument_count(const struct pickle_object *object);
struct pickle_value *recipe_argument(struct reading *reading, const struct pickle_object *object, size_t place);

/* Item `place` of a LIST, TUPLE, SET or FROZENSET, read; NULL past the end and for other values. */
struct pickle_value *recipe_item(struct reading *reading, const struct pickle_value *sequence, size_t place);

/* The value of a str key in a DICT, unread; the last of equal ones; NULL when there is none. */
struct pickle_value *recipe_entry(const struct pickle_value *dict, const char *key);

/* The value of a name in a NAMED, unread; NULL when there is none. */
struct pickle_value *recipe_part(const struct pickle_value *named, const char *name);

/* The value that the state gives an attribute, read: from a dict, or the two of (dict, slots). */
struct pickle_value *recipe_attribute(struct reading *reading, const struct pickle_object *object, const char *name);

/* A value's data as bytes: BYTES, BYTEARRAY, TYPED; a STR by latin-1, as protocols 0 to 2 have them. */
bool recipe_data(struct reading *reading, const struct pickle_value *value, struct recipe_range *data);

/* A tuple or list of extents (or, for `single`, one int) as a shape of at most LAYOUT_MAX_NDIM dimensions. */
bool recipe_shape(struct reading *reading, const struct pickle_value *value, bool single, int *ndim,
                  ptrdiff_t *shape);

/* Item `place` of an ARRAY of at most one dimension, or of a SCALAR; false when it has none or is too large to tell. */
bool recipe_item_text(const struct pickle_value *array, size_t place, struct text *text);

/* The characters of a SCALAR that is a str or bytes, as that would be written as a key; false for others. */
bool recipe_characters(const struct pickle_value *scalar, struct text *text);

/* As repr writes it, cut where it gets long or deep. */
void recipe_repr(struct reading *reading, struct pickle_value *value, struct text *text);

/* A TEXT of the name and the arguments: "Decimal('1.50')"; NULL, and the reading's error, when it cannot be. */
struct pickle_value *recipe_call_text(struct reading *reading, const struct pickle_object *object, const char *name);

/* --- for recipes: making a value; NULL, and the reading's error, when it cannot be --- */

struct pickle_value *recipe_new(struct reading *reading, enum pickle_kind kind);

/* An object that the stream does not have, made like this one. */
struct pickle_value *recipe_object(struct reading *reading, struct pickle_object like);

/* NumPy's type by its text ("<f4"), as dtype_from_text has it: one and the same where it was asked for last, too. */
const struct dtype *recipe_dtype(struct reading *reading, const char *text);

/*
 * An ARRAY (or SCALAR) of `dtype` items.  `memory` is all that may be read, in the
 * file or the arena; item (0, 0, ...) lies `start` bytes in it.  `strides`
 * are in bytes, NULL for C order.  Refused: items outside of the memory.
 */
struct pickle_value *recipe_array(struct reading *reading, enum pickle_kind kind, const struct dtype *dtype, int ndim,
                                  const ptrdiff_t *shape, const ptrdiff_t *strides, struct recipe_range memory,
                                  size_t start);

/* Strides of a Fortran array, in bytes; C ones where it is contiguous in both orders. */
bool recipe_f_strides(int ndim, const ptrdiff_t *shape, size_t itemsize, ptrdiff_t *strides);

/* A TEXT; a copy is made and `text` freed. */
struct pickle_value *recipe_text(struct reading *reading, struct text *text);

/* A NAMED of `count` members, each to be filled. */
struct pickle_value *recipe_named(struct reading *reading, size_t count);

/* A value of bytes: BYTES, BYTEARRAY, STR, TEXT, or an INT's digits. */
struct pickle_value *recipe_bytes(struct reading *reading, enum pickle_kind kind, struct recipe_range data);

/* Account for reading `amount` bytes or items; false, and the error, when it is too much. */
bool recipe_work(struct reading *reading, size_t amount);

/* Say what is wrong: returns NULL.  recipe_wrong: the same, returns false. */
void *recipe_fail(struct reading *reading, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool recipe_wrong(struct reading *reading, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
