/* kinds_impl.h - the frames of each kind; private. */
#ifndef DATA_KINDS_IMPL_H
#define DATA_KINDS_IMPL_H

/* Each ends in NULL. */
extern const char *const frames_total[];
extern const char *const frames_two_totals[];
extern const char *const frames_breakdown[];
extern const char *const frames_two_metrics[];
extern const char *const frames_cross[];
extern const char *const frames_trend[];
extern const char *const frames_trend_by_group[];
extern const char *const frames_weekday[];
extern const char *const frames_running[];
extern const char *const frames_moving[];
extern const char *const frames_ranking[];
extern const char *const frames_best[];
extern const char *const frames_best_time[];
extern const char *const frames_top_per_group[];
extern const char *const frames_having[];
extern const char *const frames_growth[];
extern const char *const frames_growth_listed[];
extern const char *const frames_growth_ranked[];
extern const char *const frames_growth_year_before[];
extern const char *const frames_difference[];
extern const char *const frames_like_for_like[];
extern const char *const frames_compare_periods[];
extern const char *const frames_compare_members[];
extern const char *const frames_share_by_group[];
extern const char *const frames_share_of_part[];
extern const char *const frames_average_per_time[];
extern const char *const frames_list[];
extern const char *const frames_list_where[];
extern const char *const frames_count[];
extern const char *const frames_count_where[];
extern const char *const frames_count_by_group[];
extern const char *const frames_why[];

#endif
