#include "base/suggest.h"

#include "test.h"

static const char *const words[] = {"format", "shape", "strides", "c_contiguous", "f_contiguous", "readonly"};

static const char *nearest(const char *word)
{
    const char *found = suggest(word, words, sizeof words / sizeof words[0]);

    return found ? found : "(none)";
}

static void near_words_are_found(void)
{
    CHECK_STR(nearest("fromat"), "format");
    CHECK_STR(nearest("Shape"), "shape");
    CHECK_STR(nearest("stride"), "strides");
    CHECK_STR(nearest("c_contigous"), "c_contiguous");
    CHECK_STR(nearest("read_only"), "readonly");
}

static void far_words_are_not(void)
{
    CHECK_STR(nearest(""), "(none)");
    CHECK_STR(nearest("x"), "(none)");
    CHECK_STR(nearest("itemsize"), "(none)");
    CHECK_STR(nearest("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), "(none)");
}

int main(void)
{
    RUN(near_words_are_found);
    RUN(far_words_are_not);
    return TEST_END();
}
