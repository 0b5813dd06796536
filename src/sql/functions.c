/* functions.c - see functions.h. */
#include "sql/functions.h"

#include <string.h>

#include "base/str.h"

#define A FUNCTION_AGGREGATE
#define S FUNCTION_SCALAR
#define W FUNCTION_WINDOW
#define T FUNCTION_TABLE

static const sql_function functions[] = {
    /* aggregates; most of them work as window functions too. The first ones
     * are offered first where a misspelt name is as near to another. */
    {"sum", A, 1, 1, '+'}, {"avg", A, 1, 1, 'd'}, {"count", A, 0, 1, 'i'},
    {"max", A, 1, 2, '1'}, {"min", A, 1, 2, '1'}, {"median", A, 1, 1, '1'},
    {"any_value", A, 1, 1, '1'}, {"approx_count_distinct", A, 1, 1, 'i'},
    {"approx_quantile", A, 2, 2, '1'}, {"approx_top_k", A, 2, 2, 'l'}, {"arg_max", A, 2, 3, '1'},
    {"arg_max_null", A, 2, 2, '1'}, {"arg_min", A, 2, 3, '1'}, {"arg_min_null", A, 2, 2, '1'},
    {"array_agg", A, 1, 1, 'l'}, {"bit_and", A, 1, 1, '1'},
    {"bit_or", A, 1, 1, '1'}, {"bit_xor", A, 1, 1, '1'}, {"bool_and", A, 1, 1, 'b'},
    {"bool_or", A, 1, 1, 'b'}, {"corr", A, 2, 2, 'd'}, {"count_if", A, 1, 1, 'i'}, {"covar_pop", A, 2, 2, 'd'}, {"covar_samp", A, 2, 2, 'd'},
    {"entropy", A, 1, 1, 'd'}, {"favg", A, 1, 1, 'd'}, {"first", A, 1, 1, '1'},
    {"fsum", A, 1, 1, 'd'}, {"geometric_mean", A, 1, 1, 'd'}, {"histogram", A, 1, 2, '?'},
    {"kurtosis", A, 1, 1, 'd'}, {"kurtosis_pop", A, 1, 1, 'd'}, {"last", A, 1, 1, '1'},
    {"mad", A, 1, 1, '1'}, {"mode", A, 0, 1, '1'}, {"product", A, 1, 1, 'd'},
    {"quantile_cont", A, 1, 2, '1'}, {"quantile_disc", A, 1, 2, '1'},
    {"percentile_cont", A, 1, 1, '?'}, {"percentile_disc", A, 1, 1, '?'},
    {"regr_avgx", A, 2, 2, 'd'}, {"regr_avgy", A, 2, 2, 'd'}, {"regr_count", A, 2, 2, 'i'},
    {"regr_intercept", A, 2, 2, 'd'}, {"regr_r2", A, 2, 2, 'd'}, {"regr_slope", A, 2, 2, 'd'},
    {"regr_sxx", A, 2, 2, 'd'}, {"regr_sxy", A, 2, 2, 'd'}, {"regr_syy", A, 2, 2, 'd'},
    {"sem", A, 1, 1, 'd'}, {"skewness", A, 1, 1, 'd'}, {"stddev_pop", A, 1, 1, 'd'},
    {"stddev_samp", A, 1, 1, 'd'}, {"string_agg", A, 1, 2, 't'}, {"var_pop", A, 1, 1, 'd'}, {"var_samp", A, 1, 1, 'd'}, {"weighted_avg", A, 2, 2, 'd'},
    /* window functions */
    {"row_number", W, 0, 0, 'i'}, {"rank", W, 0, 0, 'i'}, {"dense_rank", W, 0, 0, 'i'},
    {"percent_rank", W, 0, 0, 'd'}, {"cume_dist", W, 0, 0, 'd'}, {"ntile", W, 1, 1, 'i'},
    {"lag", W, 1, 3, '1'}, {"lead", W, 1, 3, '1'}, {"first_value", W, 1, 1, '1'},
    {"last_value", W, 1, 1, '1'}, {"nth_value", W, 2, 2, '1'}, {"fill", W, 1, 1, '1'},
    /* conditions and comparison */
    {"coalesce", S, 1, -1, '1'}, {"nullif", S, 2, 2, '1'}, {"ifnull", S, 2, 2, '1'},
    {"if", S, 3, 3, '2'}, {"greatest", S, 1, -1, '1'}, {"least", S, 1, -1, '1'},
    {"grouping", S, 1, -1, 'i'}, {"isnan", S, 1, 1, 'b'}, {"isinf", S, 1, 1, 'b'},
    {"isfinite", S, 1, 1, 'b'}, {"typeof", S, 1, 1, 't'},
    /* numbers */
    {"abs", S, 1, 1, '1'}, {"acos", S, 1, 1, 'd'}, {"asin", S, 1, 1, 'd'},
    {"atan", S, 1, 1, 'd'}, {"atan2", S, 2, 2, 'd'}, {"cbrt", S, 1, 1, 'd'},
    {"ceil", S, 1, 1, '1'}, {"cos", S, 1, 1, 'd'}, {"cot", S, 1, 1, 'd'},
    {"degrees", S, 1, 1, 'd'}, {"divide", S, 2, 2, '1'}, {"even", S, 1, 1, 'd'},
    {"exp", S, 1, 1, 'd'}, {"factorial", S, 1, 1, 'i'}, {"floor", S, 1, 1, '1'},
    {"fmod", S, 2, 2, '1'}, {"fdiv", S, 2, 2, '1'}, {"gamma", S, 1, 1, 'd'},
    {"gcd", S, 2, 2, 'i'}, {"lcm", S, 2, 2, 'i'}, {"ln", S, 1, 1, 'd'}, {"log", S, 1, 2, 'd'},
    {"log10", S, 1, 1, 'd'}, {"log2", S, 1, 1, 'd'}, {"mod", S, 2, 2, '1'},
    {"pi", S, 0, 0, 'd'}, {"pow", S, 2, 2, 'd'}, {"radians", S, 1, 1, 'd'},
    {"round", S, 1, 2, '1'}, {"round_even", S, 2, 2, '1'}, {"sign", S, 1, 1, 'i'},
    {"sin", S, 1, 1, 'd'}, {"sqrt", S, 1, 1, 'd'}, {"tan", S, 1, 1, 'd'},
    {"trunc", S, 1, 2, '1'}, {"xor", S, 2, 2, 'i'}, {"bit_count", S, 1, 1, 'i'},
    /* text */
    {"ascii", S, 1, 1, 'i'}, {"bar", S, 3, 4, 't'}, {"chr", S, 1, 1, 't'},
    {"concat", S, 1, -1, 't'}, {"concat_ws", S, 2, -1, 't'}, {"contains", S, 2, 2, 'b'},
    {"damerau_levenshtein", S, 2, 2, 'i'}, {"ends_with", S, 2, 2, 'b'},
    {"format", S, 1, -1, 't'}, {"hamming", S, 2, 2, 'i'}, {"hex", S, 1, 1, 't'},
    {"jaccard", S, 2, 2, 'd'}, {"jaro_similarity", S, 2, 2, 'd'},
    {"jaro_winkler_similarity", S, 2, 2, 'd'}, {"left", S, 2, 2, 't'},
    {"length", S, 1, 1, 'i'}, {"levenshtein", S, 2, 2, 'i'}, {"lower", S, 1, 1, 't'},
    {"lpad", S, 3, 3, 't'}, {"ltrim", S, 1, 2, 't'}, {"md5", S, 1, 1, 't'},
    {"printf", S, 1, -1, 't'}, {"regexp_extract", S, 2, 4, 't'},
    {"regexp_extract_all", S, 2, 4, 'l'}, {"regexp_full_match", S, 2, 3, 'b'},
    {"regexp_matches", S, 2, 3, 'b'}, {"regexp_replace", S, 3, 4, 't'},
    {"regexp_split_to_array", S, 2, 3, 'l'}, {"repeat", S, 2, 2, '1'},
    {"replace", S, 3, 3, 't'}, {"reverse", S, 1, 1, 't'}, {"right", S, 2, 2, 't'},
    {"rpad", S, 3, 3, 't'}, {"rtrim", S, 1, 2, 't'}, {"sha256", S, 1, 1, 't'},
    {"split_part", S, 3, 3, 't'}, {"starts_with", S, 2, 2, 'b'}, {"string_split", S, 2, 2, 'l'},
    {"strip_accents", S, 1, 1, 't'}, {"strlen", S, 1, 1, 'i'}, {"strpos", S, 2, 2, 'i'},
    {"substring", S, 2, 3, 't'}, {"translate", S, 3, 3, 't'}, {"trim", S, 1, 2, 't'},
    {"unicode", S, 1, 1, 'i'}, {"upper", S, 1, 1, 't'},
    /* dates and times */
    {"age", S, 2, 2, 'I'}, {"century", S, 1, 1, 'i'}, {"date_add", S, 2, 2, 'S'},
    {"date_diff", S, 3, 3, 'i'}, {"date_part", S, 2, 2, 'i'}, {"date_sub", S, 3, 3, 'i'},
    {"date_trunc", S, 2, 2, 'm'}, {"day", S, 1, 1, 'i'}, {"dayname", S, 1, 1, 't'},
    {"dayofmonth", S, 1, 1, 'i'}, {"dayofweek", S, 1, 1, 'i'}, {"dayofyear", S, 1, 1, 'i'},
    {"days_in_month", S, 1, 1, 'i'}, {"decade", S, 1, 1, 'i'}, {"epoch", S, 1, 1, 'd'},
    {"epoch_ms", S, 1, 1, '?'}, {"era", S, 1, 1, 'i'}, {"hour", S, 1, 1, 'i'},
    {"isodow", S, 1, 1, 'i'}, {"isoyear", S, 1, 1, 'i'}, {"julian", S, 1, 1, 'd'},
    {"last_day", S, 1, 1, 'D'}, {"make_date", S, 1, 3, 'D'}, {"make_time", S, 3, 3, 'T'},
    {"make_timestamp", S, 1, 6, 'S'}, {"microsecond", S, 1, 1, 'i'},
    {"millennium", S, 1, 1, 'i'}, {"millisecond", S, 1, 1, 'i'}, {"minute", S, 1, 1, 'i'},
    {"month", S, 1, 1, 'i'}, {"monthname", S, 1, 1, 't'}, {"quarter", S, 1, 1, 'i'},
    {"second", S, 1, 1, 'i'}, {"strftime", S, 2, 2, 't'}, {"strptime", S, 2, 2, 'S'},
    {"time_bucket", S, 2, 3, '2'}, {"to_days", S, 1, 1, 'I'}, {"to_hours", S, 1, 1, 'I'},
    {"to_minutes", S, 1, 1, 'I'}, {"to_months", S, 1, 1, 'I'}, {"to_quarters", S, 1, 1, 'I'},
    {"to_seconds", S, 1, 1, 'I'}, {"to_timestamp", S, 1, 1, 'S'}, {"to_weeks", S, 1, 1, 'I'},
    {"to_years", S, 1, 1, 'I'}, {"try_strptime", S, 2, 2, 'S'}, {"week", S, 1, 1, 'i'},
    {"weekday", S, 1, 1, 'i'}, {"weekofyear", S, 1, 1, 'i'}, {"year", S, 1, 1, 'i'},
    {"yearweek", S, 1, 1, 'i'},
    /* lists, structs and JSON that is in the data */
    {"array_to_string", S, 2, 2, 't'}, {"flatten", S, 1, 1, 'l'}, {"json_array_length", S, 1, 2, 'i'},
    {"json_extract", S, 2, 2, '?'}, {"json_extract_string", S, 2, 2, 't'},
    {"json_keys", S, 1, 2, 'l'}, {"json_type", S, 1, 2, 't'}, {"json_valid", S, 1, 1, 'b'},
    {"list_avg", S, 1, 1, 'd'}, {"list_concat", S, 2, -1, 'l'}, {"list_contains", S, 2, 2, 'b'},
    {"list_count", S, 1, 1, 'i'}, {"list_distinct", S, 1, 1, 'l'}, {"list_extract", S, 2, 2, '?'},
    {"list_has_all", S, 2, 2, 'b'}, {"list_has_any", S, 2, 2, 'b'}, {"list_max", S, 1, 1, '?'},
    {"list_median", S, 1, 1, '?'}, {"list_min", S, 1, 1, '?'}, {"list_position", S, 2, 2, 'i'},
    {"list_reverse", S, 1, 1, 'l'}, {"list_slice", S, 3, 4, 'l'}, {"list_sort", S, 1, 3, 'l'},
    {"list_sum", S, 1, 1, '?'}, {"list_unique", S, 1, 1, 'i'}, {"list_value", S, 0, -1, 'l'},
    {"array_length", S, 1, 2, 'i'}, {"cardinality", S, 1, 1, 'i'}, {"map_extract", S, 2, 2, 'l'},
    {"map_keys", S, 1, 1, 'l'}, {"map_values", S, 1, 1, 'l'}, {"struct_extract", S, 2, 2, '?'},
    /* rows from nothing: bounded by the guard */
    {"range", T, 1, 3, 'l'}, {"generate_series", T, 1, 3, 'l'}, {"unnest", T, 1, 1, '?'},
};
#undef A
#undef S
#undef W
#undef T
enum { N_FUNCTIONS = sizeof functions / sizeof functions[0] };

/* other name, main name */
static const char *const others[][2] = {
    {"arbitrary", "first"}, {"argmax", "arg_max"}, {"argmin", "arg_min"},
    {"array_cat", "list_concat"},
    {"array_concat", "list_concat"}, {"array_contains", "list_contains"},
    {"array_has", "list_contains"}, {"array_position", "list_position"},
    {"ceiling", "ceil"}, {"char_length", "length"}, {"character_length", "length"},
    {"countif", "count_if"}, {"datediff", "date_diff"}, {"datepart", "date_part"},
    {"datesub", "date_sub"}, {"datetrunc", "date_trunc"}, {"editdist3", "levenshtein"},
    {"geomean", "geometric_mean"}, {"group_concat", "string_agg"}, {"instr", "strpos"},
    {"kahan_sum", "fsum"}, {"lcase", "lower"}, {"len", "length"}, {"list", "array_agg"},
    {"list_cat", "list_concat"}, {"list_element", "list_extract"}, {"list_has", "list_contains"},
    {"list_indexof", "list_position"}, {"list_pack", "list_value"}, {"listagg", "string_agg"},
    {"max_by", "arg_max"}, {"mean", "avg"}, {"min_by", "arg_min"}, {"ord", "unicode"},
    {"power", "pow"}, {"prefix", "starts_with"}, {"quantile", "quantile_disc"},
    {"split", "string_split"}, {"stddev", "stddev_samp"}, {"str_split", "string_split"},
    {"string_to_array", "string_split"}, {"substr", "substring"}, {"suffix", "ends_with"},
    {"sumkahan", "fsum"}, {"ucase", "upper"}, {"variance", "var_samp"},
    {"wavg", "weighted_avg"}, {"array_slice", "list_slice"}, {"grouping_id", "grouping"},
};

static const struct refusal {
    const char *name; /* with * at the end: how it begins */
    const char *why;
} refusals[] = {
    {"read_*", "it reads files"}, {"parquet_*", "it reads files"}, {"glob*", "it lists files"},
    {"sniff_csv", "it reads files"}, {"sqlite_*", "it opens another database"},
    {"postgres_*", "it opens another database"}, {"mysql_*", "it opens another database"},
    {"iceberg_*", "it reads files"}, {"delta_*", "it reads files"}, {"st_read*", "it reads files"},
    {"from_substrait*", "it runs text as a query"}, {"query*", "it runs text as a query"},
    {"json_execute*", "it runs text as a query"}, {"json_deserialize*", "it runs text as a query"},
    {"json_serialize_plan", "it reads the database's own state"},
    {"getenv", "it reads the environment"}, {"getvariable", "it reads settings"},
    {"current_setting", "it reads settings"}, {"set_config", "it changes settings"},
    {"duckdb_*", "it reads the database's own state"},
    {"pragma_*", "it reads the database's own state"},
    {"sql_auto*", "it reads the database's own state"},
    {"has_*", "it reads the database's own state"}, {"pg_*", "it reads the database's own state"},
    {"txid*", "it reads the database's own state"}, {"version", "it reads the database's own state"},
    {"current_schema*", "it reads the database's own state"},
    {"current_database", "it reads the database's own state"},
    {"current_catalog", "it reads the database's own state"},
    {"current_user", "it reads the database's own state"},
    {"current_query*", "it reads the database's own state"},
    {"session_user", "it reads the database's own state"},
    {"user", "it reads the database's own state"},
    {"nextval", "it changes a sequence"}, {"currval", "it reads a sequence"},
    {"setval", "it changes a sequence"}, {"setseed", "it changes the session"},
    {"write_log", "it writes a log"}, {"parse_duckdb_log*", "it reads the database's own state"},
    {"sleep*", "it only takes time"}, {"random", "it gives another answer each time"},
    {"uuid*", "it gives another answer each time"}, {"gen_random*", "it gives another answer each time"},
    {"reservoir_quantile", "it gives another answer each time"},
    {"now", "it depends on the moment; write the date"},
    {"today", "it depends on the day; write the date"},
    {"current_date", "it depends on the day; write the date"},
    {"current_time*", "it depends on the moment; write the time"},
    {"current_local*", "it depends on the moment; write the time"},
    {"localtime*", "it depends on the moment; write the time"},
    {"get_current*", "it depends on the moment; write the date"},
    {"transaction_timestamp", "it depends on the moment; write the date"},
    {"load_*", "it loads code"}, {"http*", "it reaches the network"},
    {"error", "it only fails"}, {"columns", "name the columns"},
};

const char *function_main_name(const char *name)
{
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (str_equal_nocase(others[i][0], name))
            return others[i][1];
    return name;
}

const sql_function *function_find(const char *name)
{
    const char *main = function_main_name(name);

    for (int i = 0; i < N_FUNCTIONS; i++)
        if (str_equal_nocase(functions[i].name, main))
            return &functions[i];
    return NULL;
}

const sql_function *function_at(int i)
{
    return i >= 0 && i < N_FUNCTIONS ? &functions[i] : NULL;
}

const char *function_refusal(const char *name)
{
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        const char *p = refusals[i].name;
        size_t n = 0;

        while (p[n] && p[n] != '*' && (name[n] | 32) == (p[n] | 32))
            n++;
        if (p[n] == '*' || (!p[n] && !name[n]))
            return refusals[i].why;
    }
    return NULL;
}

const char *function_nearest(const char *name)
{
    const char *best = NULL;
    int nearest = strlen(name) < 5 ? 2 : 3;

    for (int i = 0; i < N_FUNCTIONS; i++) {
        const int d = str_distance(name, functions[i].name, nearest - 1);

        if (d < nearest) {
            nearest = d;
            best = functions[i].name;
        }
    }
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        const int d = str_distance(name, others[i][0], nearest - 1);

        if (d < nearest) {
            nearest = d;
            best = others[i][1];
        }
    }
    return best;
}
