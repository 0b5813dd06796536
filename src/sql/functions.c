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
    {"sum", A, 1, 1, '+', "S"}, {"avg", A, 1, 1, 'd', "Q"}, {"count", A, 0, 1, 'i', "."},
    {"max", A, 1, 2, '1', ".i"}, {"min", A, 1, 2, '1', ".i"}, {"median", A, 1, 1, '1', "."},
    {"any_value", A, 1, 1, '1', "."}, {"approx_count_distinct", A, 1, 1, 'i', "."},
    {"approx_quantile", A, 2, 2, '1', "A."}, {"approx_top_k", A, 2, 2, 'l', ".i"},
    {"arg_max", A, 2, 3, '1', "..i"}, {"arg_max_null", A, 2, 2, '1', "."},
    {"arg_min", A, 2, 3, '1', "..i"}, {"arg_min_null", A, 2, 2, '1', "."},
    {"array_agg", A, 1, 1, 'l', "."}, {"bit_and", A, 1, 1, '1', "I"},
    {"bit_or", A, 1, 1, '1', "I"}, {"bit_xor", A, 1, 1, '1', "I"},
    {"bool_and", A, 1, 1, 'b', "b"}, {"bool_or", A, 1, 1, 'b', "b"},
    {"corr", A, 2, 2, 'd', "n"}, {"count_if", A, 1, 1, 'i', "b"},
    {"covar_pop", A, 2, 2, 'd', "n"}, {"covar_samp", A, 2, 2, 'd', "n"},
    {"entropy", A, 1, 1, 'd', "."}, {"favg", A, 1, 1, 'd', "n"}, {"first", A, 1, 1, '1', "."},
    {"fsum", A, 1, 1, 'd', "n"}, {"geometric_mean", A, 1, 1, 'd', "n"},
    {"histogram", A, 1, 2, 's', ".l"}, {"kurtosis", A, 1, 1, 'd', "n"},
    {"kurtosis_pop", A, 1, 1, 'd', "n"}, {"last", A, 1, 1, '1', "."},
    {"mad", A, 1, 1, '1', "A"}, {"mode", A, 0, 1, '1', "."}, {"product", A, 1, 1, 'd', "n"},
    {"quantile_cont", A, 2, 2, '1', "F."}, {"quantile_disc", A, 2, 2, '1', ".."},
    {"percentile_cont", A, 1, 1, '?', "."}, {"percentile_disc", A, 1, 1, '?', "."},
    {"regr_avgx", A, 2, 2, 'd', "n"}, {"regr_avgy", A, 2, 2, 'd', "n"},
    {"regr_count", A, 2, 2, 'i', "n"}, {"regr_intercept", A, 2, 2, 'd', "n"},
    {"regr_r2", A, 2, 2, 'd', "n"}, {"regr_slope", A, 2, 2, 'd', "n"},
    {"regr_sxx", A, 2, 2, 'd', "n"}, {"regr_sxy", A, 2, 2, 'd', "n"},
    {"regr_syy", A, 2, 2, 'd', "n"}, {"sem", A, 1, 1, 'd', "n"},
    {"skewness", A, 1, 1, 'd', "n"}, {"stddev_pop", A, 1, 1, 'd', "n"},
    {"stddev_samp", A, 1, 1, 'd', "n"}, {"string_agg", A, 1, 2, 't', ".."},
    {"var_pop", A, 1, 1, 'd', "n"}, {"var_samp", A, 1, 1, 'd', "n"},
    {"weighted_avg", A, 2, 2, 'd', "n"},
    /* window functions */
    {"row_number", W, 0, 0, 'i', "."}, {"rank", W, 0, 0, 'i', "."},
    {"dense_rank", W, 0, 0, 'i', "."}, {"percent_rank", W, 0, 0, 'd', "."},
    {"cume_dist", W, 0, 0, 'd', "."}, {"ntile", W, 1, 1, 'i', "i"},
    {"lag", W, 1, 3, '1', ".i."}, {"lead", W, 1, 3, '1', ".i."},
    {"first_value", W, 1, 1, '1', "."}, {"last_value", W, 1, 1, '1', "."},
    {"nth_value", W, 2, 2, '1', ".i"}, {"fill", W, 1, 1, '1', "A"},
    /* conditions and comparison */
    {"coalesce", S, 1, -1, '1', "."}, {"nullif", S, 2, 2, '1', "."},
    {"ifnull", S, 2, 2, '1', "."}, {"if", S, 3, 3, '2', "."}, {"greatest", S, 1, -1, '1', "."},
    {"least", S, 1, -1, '1', "."}, {"grouping", S, 1, -1, 'i', "."},
    {"isnan", S, 1, 1, 'b', "N"}, {"isinf", S, 1, 1, 'b', "F"}, {"isfinite", S, 1, 1, 'b', "F"},
    {"typeof", S, 1, 1, 't', "."},
    /* numbers */
    {"abs", S, 1, 1, '1', "N"}, {"acos", S, 1, 1, 'd', "n"}, {"asin", S, 1, 1, 'd', "n"},
    {"atan", S, 1, 1, 'd', "n"}, {"atan2", S, 2, 2, 'd', "n"}, {"cbrt", S, 1, 1, 'd', "n"},
    {"ceil", S, 1, 1, '1', "N"}, {"cos", S, 1, 1, 'd', "n"}, {"cot", S, 1, 1, 'd', "n"},
    {"degrees", S, 1, 1, 'd', "n"}, {"divide", S, 2, 2, '1', "n"}, {"even", S, 1, 1, 'd', "n"},
    {"exp", S, 1, 1, 'd', "n"}, {"factorial", S, 1, 1, 'i', "j"}, {"floor", S, 1, 1, '1', "N"},
    {"fmod", S, 2, 2, '1', "N"}, {"fdiv", S, 2, 2, '1', "Nn"}, {"gamma", S, 1, 1, 'd', "n"},
    {"gcd", S, 2, 2, 'i', "i"}, {"lcm", S, 2, 2, 'i', "i"}, {"ln", S, 1, 1, 'd', "n"},
    {"log", S, 1, 2, 'd', "n"}, {"log10", S, 1, 1, 'd', "n"}, {"log2", S, 1, 1, 'd', "n"},
    {"mod", S, 2, 2, '1', "n"}, {"pi", S, 0, 0, 'd', "."}, {"pow", S, 2, 2, 'd', "n"},
    {"radians", S, 1, 1, 'd', "n"}, {"round", S, 1, 2, '1', "Nj"},
    {"round_even", S, 2, 2, '1', "Nj"}, {"sign", S, 1, 1, 'i', "N"}, {"sin", S, 1, 1, 'd', "n"},
    {"sqrt", S, 1, 1, 'd', "n"}, {"tan", S, 1, 1, 'd', "n"}, {"trunc", S, 1, 2, '1', "Nj"},
    {"xor", S, 2, 2, 'i', "i"}, {"bit_count", S, 1, 1, 'i', "I"},
    /* text */
    {"ascii", S, 1, 1, 'i', "t"}, {"bar", S, 3, 4, 't', "n"}, {"chr", S, 1, 1, 't', "j"},
    {"concat", S, 1, -1, 't', "."}, {"concat_ws", S, 2, -1, 't', "t."},
    {"contains", S, 2, 2, 'b', "L."}, {"damerau_levenshtein", S, 2, 2, 'i', "t"},
    {"ends_with", S, 2, 2, 'b', "t"}, {"format", S, 1, -1, 't', "t."},
    {"hamming", S, 2, 2, 'i', "t"}, {"hex", S, 1, 1, 't', "X"}, {"jaccard", S, 2, 2, 'd', "t"},
    {"jaro_similarity", S, 2, 2, 'd', "t"}, {"jaro_winkler_similarity", S, 2, 2, 'd', "t"},
    {"left", S, 2, 2, 't', "ti"}, {"length", S, 1, 1, 'i', "L"},
    {"levenshtein", S, 2, 2, 'i', "t"}, {"lower", S, 1, 1, 't', "t"},
    {"lpad", S, 3, 3, 't', "tit"}, {"ltrim", S, 1, 2, 't', "t"}, {"md5", S, 1, 1, 't', "t"},
    {"printf", S, 1, -1, 't', "t."}, {"regexp_extract", S, 2, 4, 't', "tt."},
    {"regexp_extract_all", S, 2, 4, 'l', "ttjt"}, {"regexp_full_match", S, 2, 3, 'b', "t"},
    {"regexp_matches", S, 2, 3, 'b', "t"}, {"regexp_replace", S, 3, 4, 't', "t"},
    {"regexp_split_to_array", S, 2, 3, 'l', "t"}, {"repeat", S, 2, 2, '1', "Li"},
    {"replace", S, 3, 3, 't', "t"}, {"reverse", S, 1, 1, 't', "t"},
    {"right", S, 2, 2, 't', "ti"}, {"rpad", S, 3, 3, 't', "tit"}, {"rtrim", S, 1, 2, 't', "t"},
    {"sha256", S, 1, 1, 't', "t"}, {"split_part", S, 3, 3, 't', "tti"},
    {"starts_with", S, 2, 2, 'b', "t"}, {"string_split", S, 2, 2, 'l', "t"},
    {"strip_accents", S, 1, 1, 't', "t"}, {"strlen", S, 1, 1, 'i', "t"},
    {"strpos", S, 2, 2, 'i', "t"}, {"substring", S, 2, 3, 't', "ti"},
    {"translate", S, 3, 3, 't', "t"}, {"trim", S, 1, 2, 't', "t"},
    {"unicode", S, 1, 1, 'i', "t"}, {"upper", S, 1, 1, 't', "t"},
    /* dates and times */
    {"age", S, 2, 2, 'I', "d"}, {"century", S, 1, 1, 'i', "P"},
    {"date_add", S, 2, 2, 'S', "Dv"}, {"date_diff", S, 3, 3, 'i', "tdd"},
    {"date_part", S, 2, 2, 'i', "tH"}, {"date_sub", S, 3, 3, 'i', "tdd"},
    {"date_trunc", S, 2, 2, 'm', "tP"}, {"day", S, 1, 1, 'i', "P"},
    {"dayname", S, 1, 1, 't', "D"}, {"dayofmonth", S, 1, 1, 'i', "P"},
    {"dayofweek", S, 1, 1, 'i', "P"}, {"dayofyear", S, 1, 1, 'i', "P"},
    {"days_in_month", S, 1, 1, 'i', "D"}, {"decade", S, 1, 1, 'i', "P"},
    {"epoch", S, 1, 1, 'd', "H"}, {"epoch_ms", S, 1, 1, '?', "E"}, {"era", S, 1, 1, 'i', "P"},
    {"hour", S, 1, 1, 'i', "H"}, {"isodow", S, 1, 1, 'i', "P"}, {"isoyear", S, 1, 1, 'i', "P"},
    {"julian", S, 1, 1, 'd', "D"}, {"last_day", S, 1, 1, 'D', "D"},
    {"make_date", S, 1, 3, 'D', "i"}, {"make_time", S, 3, 3, 'T', "iin"},
    {"make_timestamp", S, 1, 6, 'S', "i"}, {"microsecond", S, 1, 1, 'i', "H"},
    {"millennium", S, 1, 1, 'i', "P"}, {"millisecond", S, 1, 1, 'i', "H"},
    {"minute", S, 1, 1, 'i', "H"}, {"month", S, 1, 1, 'i', "P"},
    {"monthname", S, 1, 1, 't', "D"}, {"quarter", S, 1, 1, 'i', "P"},
    {"second", S, 1, 1, 'i', "H"}, {"strftime", S, 2, 2, 't', "dd"},
    {"strptime", S, 2, 2, 'S', "t."}, {"time_bucket", S, 2, 3, '2', "vDD"},
    {"to_days", S, 1, 1, 'I', "i"}, {"to_hours", S, 1, 1, 'I', "i"},
    {"to_minutes", S, 1, 1, 'I', "i"}, {"to_months", S, 1, 1, 'I', "i"},
    {"to_quarters", S, 1, 1, 'I', "i"}, {"to_seconds", S, 1, 1, 'I', "n"},
    {"to_timestamp", S, 1, 1, 'S', "n"}, {"to_weeks", S, 1, 1, 'I', "i"},
    {"to_years", S, 1, 1, 'I', "i"}, {"try_strptime", S, 2, 2, 'S', "t."},
    {"week", S, 1, 1, 'i', "P"}, {"weekday", S, 1, 1, 'i', "P"},
    {"weekofyear", S, 1, 1, 'i', "P"}, {"year", S, 1, 1, 'i', "P"},
    {"yearweek", S, 1, 1, 'i', "P"},
    /* lists, structs and JSON that is in the data */
    {"array_to_string", S, 2, 2, 't', "l."}, {"flatten", S, 1, 1, 'l', "l"},
    {"json_array_length", S, 1, 2, 'i', ".t"}, {"json_extract", S, 2, 2, 't', ".J"},
    {"json_extract_string", S, 2, 2, 't', ".J"}, {"json_keys", S, 1, 2, 'l', ".J"},
    {"json_type", S, 1, 2, 't', ".J"}, {"json_valid", S, 1, 1, 'b', "t"},
    {"list_avg", S, 1, 1, 'd', "l"}, {"list_concat", S, 2, -1, 'l', "l"},
    {"list_contains", S, 2, 2, 'b', "l."}, {"list_count", S, 1, 1, 'i', "l"},
    {"list_distinct", S, 1, 1, 'l', "l"}, {"list_extract", S, 2, 2, '?', "Li"},
    {"list_has_all", S, 2, 2, 'b', "l"}, {"list_has_any", S, 2, 2, 'b', "l"},
    {"list_max", S, 1, 1, '?', "l"}, {"list_median", S, 1, 1, '?', "l"},
    {"list_min", S, 1, 1, '?', "l"}, {"list_position", S, 2, 2, 'i', "l."},
    {"list_reverse", S, 1, 1, 'l', "l"}, {"list_slice", S, 3, 4, 'l', "Lii"},
    {"list_sort", S, 1, 3, 'l', "l."}, {"list_sum", S, 1, 1, '?', "l"},
    {"list_unique", S, 1, 1, 'i', "l"}, {"list_value", S, 0, -1, 'l', "."},
    {"array_length", S, 1, 2, 'i', "li"}, {"cardinality", S, 1, 1, 'i', "l"},
    {"map_extract", S, 2, 2, 'l', "M."}, {"map_keys", S, 1, 1, 'l', "M"},
    {"map_values", S, 1, 1, 'l', "M"}, {"struct_extract", S, 2, 2, '?', "Zk"},
    /* rows from nothing: bounded by the guard */
    {"range", T, 1, 3, 'l', "."}, {"generate_series", T, 1, 3, 'l', "."},
    {"unnest", T, 1, 1, '?', "U"},
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
