/* derive_names.c - names of tables and columns as the words people say. */
#include "semantic/derive_impl.h"

#include <ctype.h>
#include <string.h>

char *derive_keep(deriver *d, str *s)
{
    char *out = s->bad ? NULL : arena_str(d->a, str_text(s));

    str_deinit(s);
    if (!out)
        d->bad = true;
    return out ? out : (char *)"";
}

/* "orderDate", "Order_Date", "ORDER-DATE" -> "order date" */
char *derive_words(deriver *d, const char *name)
{
    str s = {0};
    char previous = 0;

    for (const char *p = name; *p; p++) {
        bool upper = isupper((unsigned char)*p), word = isalnum((unsigned char)*p) || (*p & 0x80);

        if (upper && (islower((unsigned char)previous) || (isupper((unsigned char)previous) && islower((unsigned char)p[1]))))
            str_addc(&s, ' ');
        if (word)
            str_addc(&s, (char)tolower((unsigned char)*p));
        else if (s.n && s.text[s.n - 1] != ' ')
            str_addc(&s, ' ');
        previous = *p;
    }
    while (s.n && s.text[s.n - 1] == ' ')
        s.text[--s.n] = 0;
    return derive_keep(d, &s);
}

/* The last word in the singular: "sales orders" -> "sales order". */
char *derive_singular(deriver *d, const char *words)
{
    size_t n = strlen(words);
    str s = {0};

    if (n > 4 && str_ends(words, "ies"))
        str_addf(&s, "%.*sy", (int)n - 3, words);
    else if (n > 4 && (str_ends(words, "sses") || str_ends(words, "xes") || str_ends(words, "ches") || str_ends(words, "shes")))
        str_add(&s, words, n - 2);
    else if (n > 3 && words[n - 1] == 's' && !str_ends(words, "ss") && !str_ends(words, "us") && !str_ends(words, "is"))
        str_add(&s, words, n - 1);
    else
        str_adds(&s, words);
    return derive_keep(d, &s);
}

char *derive_id(deriver *d, const char *words)
{
    str s = {0};

    for (const char *p = words; *p; p++)
        str_addc(&s, isalnum((unsigned char)*p) ? *p : '_');
    if (!s.n || isdigit((unsigned char)s.text[0])) {
        str head = {0};

        str_addf(&head, "c_%s", str_text(&s));
        str_deinit(&s);
        return derive_keep(d, &head);
    }
    return derive_keep(d, &s);
}

void derive_name(deriver *d, sem_name *n, const char *id, const char *title, const char *const *words, int n_words)
{
    const char **copy = arena_push(d->a, const char *, (size_t)n_words + 1);

    *n = (sem_name){.id = id, .title = title, .meaning = ""};
    if (!copy) {
        d->bad = true;
        return;
    }
    for (int i = 0; i < n_words; i++) {
        bool known = !words[i] || !words[i][0];

        for (int k = 0; k < n->n_words && !known; k++)
            known = !strcmp(copy[k], words[i]);
        if (!known)
            copy[n->n_words++] = words[i];
    }
    n->words = copy;
}

char *derive_pair(deriver *d, const char *x, const char *y)
{
    str s = {0};

    str_addf(&s, "%s %s", x, y);
    return derive_keep(d, &s);
}

bool words_end_in(const char *words, const char *last)
{
    size_t n = strlen(words), k = strlen(last);

    return n >= k && !strcmp(words + n - k, last) && (n == k || words[n - k - 1] == ' ');
}

/* "price eur" is called "price", "duration min" "duration". */
char *derive_short(deriver *d, const char *words)
{
    static const char *const unit[] = {"eur", "usd", "gbp", "chf", "min", "minutes", "sec", "seconds", "km", "kg", "cm",
                                       "mm", "m2", "pct", "ms", "lbs", "miles"};
    size_t n = strlen(words);
    str s = {0};

    for (size_t i = 0; i < sizeof unit / sizeof unit[0]; i++) {
        size_t k = strlen(unit[i]);

        if (n > k + 1 && words_end_in(words, unit[i])) {
            str_add(&s, words, n - k - 1);
            return derive_keep(d, &s);
        }
    }
    str_adds(&s, words);
    return derive_keep(d, &s);
}

/* Abbreviations that have one meaning in names of columns. */
char *derive_long(deriver *d, const char *words)
{
    static const char *const brief[][2] = {{"qty", "quantity"}, {"amt", "amount"}, {"dept", "department"}, {"num", "number"}, {"no", "number"},
        {"nbr", "number"}, {"cust", "customer"}, {"emp", "employee"}, {"addr", "address"}, {"desc", "description"}, {"yr", "year"}, {"prod", "product"},
        {"cnt", "count"}, {"avg", "average"}, {"pct", "percent"}, {"mgr", "manager"}, {"acct", "account"}, {"inv", "invoice"}, {"dob", "date of birth"},
        {"tel", "telephone"}, {"fname", "first name"}, {"lname", "last name"}, {"dt", "date"}, {"msg", "message"}, {"org", "organization"}, {"loc", "location"}};
    str s = {0};

    for (const char *p = words; *p;) {
        const size_t n = strcspn(p, " ");
        size_t i = 0;

        while (i < sizeof brief / sizeof brief[0] && (strlen(brief[i][0]) != n || strncmp(p, brief[i][0], n) != 0))
            i++;
        if (i < sizeof brief / sizeof brief[0])
            str_adds(&s, brief[i][1]);
        else
            str_add(&s, p, n);
        p += n;
        if (*p)
            str_addc(&s, *p++);
    }
    return derive_keep(d, &s);
}
