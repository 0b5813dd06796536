/* kinds_frames.c - the sentences in which people ask each kind of question.
 *
 * {m} {m2} measures · {g} {gs} {g2} {gs2} what it is split by, one and many · {f} a
 * filter with its preposition, maybe empty · {p} a period likewise · {time} {adv} month,
 * monthly · {e} {es} a thing, things · {c} its condition · {n} {x} numbers. At least five
 * frames a kind: some are only used for validation. */
#include <stddef.h>

#include "data/kinds_impl.h"

#define SHOW "[Show|Show me|Give me|Tell me|List|Please show|I want to see|I need|Can you show me|Get me|Display|Pull up]"
#define WHAT "[What is|What was|What were|What's|What are|How high was|How high is]"

const char *const frames_total[] = {
    "{m} {f} {p}",
    WHAT " [the|our] [total |overall |]{m} {f} {p}",
    SHOW " [the|our] [total |overall |]{m} {f} {p}",
    "{p}, what [was|were] [the|our] {m} {f}",
    "How much {m} did we [have|see|get|make] {f} {p}",
    "[total|overall] {m} {f} {p}",
    "[I need|Give me] one [number|figure]: {m} {f} {p}",
    "How [big|large] [was|were|is] [the|our] {m} {f} {p}",
    "{m} {p} {f}, please",
    "[So what|And what] about {m} {p} {f}",
    NULL};
const char *const frames_two_totals[] = {
    "{m} and {m2} {f} {p}",
    WHAT " [the|our] {m} and [the|our] {m2} {f} {p}",
    SHOW " {m} [and|together with|along with|next to] {m2} {f} {p}",
    "[both|] {m} as well as {m2} {p} {f}",
    "{p}: {m} and {m2} {f}",
    NULL};
const char *const frames_breakdown[] = {
    "{m} by {g} {f} {p}",
    "{m} per {g} {p} {f}",
    SHOW " [the|our|] {m} [by|per|for each|for every|of each] {g} {f} {p}",
    WHAT " [the|] {m} [of|for|in] each {g} {f} {p}",
    "[Break down|Split|Break] [the|our|] {m} [by|into] {gs} {p} {f}",
    "How [is|was|were] {m} [split|spread|distributed] [over|across|among] [the|our|] {gs} {p} {f}",
    "For each {g}, [show|give me|what is] [the|] {m} {f} {p}",
    "[The|] {gs} and their {m} {f} {p}",
    "{f} {p}: {m} by {g}",
    "[Compare|Contrast] [the|our|] {gs} by {m} {p} {f}",
    "[How do|How did] the {gs} [compare|differ] in {m} {p} {f}",
    NULL};
const char *const frames_two_metrics[] = {
    "{m2} and {m} by {g} {f} {p}",
    SHOW " {m2} and {m} [by|per|for each] {g} {f} {p}",
    WHAT " the {m2} and the {m} of each {g} {p} {f}",
    "Table of {gs} with {m2} and {m} {p} {f}",
    "For [each|every] {g}: {m2}, {m} {f} {p}",
    "[List|Show] {gs} with their {m2} and {m} {f} {p}",
    NULL};
const char *const frames_cross[] = {
    "{m} by {g} and {g2} {f} {p}",
    SHOW " {m} [by|per|for each] {g} and {g2} {f} {p}",
    WHAT " the {m} for each {g} and each {g2} {p} {f}",
    "{m} per {g}, split by {g2} {p} {f}",
    "[Break down|Split] {m} by {g}, then by {g2} {p} {f}",
    "How [is|was] {m} [spread|distributed] over {gs} and {gs2} {p} {f}",
    NULL};
const char *const frames_trend[] = {
    "{m} by {time} {f} {p}",
    "{m} per {time} {p} {f}",
    "{adv} {m} {f} {p}",
    SHOW " [the|our|] {adv} {m} {f} {p}",
    "How did {m} [develop|change|move|evolve] [{time} by {time}|from {time} to {time}|by {time}] {p} {f}",
    "[Trend|Development|Course] of {m} by {time} {p} {f}",
    "Plot {m} [over time by {time}|per {time}|for every {time}] {p} {f}",
    WHAT " the {m} in each {time} {p} {f}",
    "{adv} [trend|figures|numbers|view] of {m} {p} {f}",
    "[Can I see|I'd like] {m} {time} by {time} {p} {f}",
    NULL};
const char *const frames_trend_by_group[] = {
    "{m} by {time} and {g} {f} {p}",
    "{adv} {m} [by|per|for each] {g} {f} {p}",
    SHOW " {adv} {m} for each {g} {p} {f}",
    "How did {m} [develop|change] by {time} in each {g} {p} {f}",
    "[Trend|Development] of {m} per {g} and {time} {p} {f}",
    NULL};
const char *const frames_weekday[] = {
    "{m} by {time} {f} {p}",
    SHOW " {m} [per|for each] {time} {p} {f}",
    "How [is|was] {m} [spread|distributed] over the {time}s {p} {f}",
    WHAT " the {m} [of|for] each {time} {p} {f}",
    "Which {time}s bring [how much|what] {m} {p} {f}",
    NULL};
const char *const frames_running[] = {
    "running total of {m} by {time} {f} {p}",
    "[cumulative|accumulated] {m} [per|by] {time} {p} {f}",
    SHOW " the [running total|running sum|cumulative sum] of {m} [by|per|for each] {time} {p} {f}",
    "How did {m} [add up|accumulate|build up] [{time} by {time}|by {time}] {p} {f}",
    "{adv} {m} {p} {f}, [accumulated|as a running total|cumulatively]",
    "{m} by {time} {p} {f} with each {time} added to the ones before",
    NULL};
const char *const frames_moving[] = {
    "{n}-{time} moving average of {m} {f} {p}",
    "[moving|rolling] average of {m} over {n} {time}s {p} {f}",
    SHOW " the [rolling|moving] {n} {time} average of {m} {p} {f}",
    "{m} by {time} {p} {f}, smoothed over {n} {time}s",
    "What is the {n} {time} rolling mean of {m} {p} {f}",
    NULL};
const char *const frames_ranking[] = {
    "{top} {n} {gs} by {m} {f} {p}",
    "Which {n} {gs} had the {best} {m} {f} {p}",
    SHOW " the {n} {gs} with the {best} {m} {p} {f}",
    "The {n} {gs} with the {best} {m} {f} {p}",
    "Name the {top} {n} {gs} [in terms of|measured by|for] {m} {p} {f}",
    "Rank the {gs} by {m} {p} {f} and show the {top} {n}",
    "What are the {top} {n} {gs} by {m} {p} {f}",
    "{p}, which {n} {gs} [had|showed] the {best} {m} {f}",
    NULL};
const char *const frames_best[] = {
    "Which {g} had the {best} {m} {f} {p}",
    "{g} with the {best} {m} {f} {p}",
    "What {g} [had|has|shows] the {best} {m} {p} {f}",
    "Where [was|is] {m} [by {g} |]{best}, which {g} {p} {f}",
    "Name the {g} with the {best} {m} {p} {f}",
    "{p}, which {g} came [out|in] with the {best} {m} {f}",
    "Find the {g} that has the {best} {m} {f} {p}",
    NULL};
const char *const frames_best_time[] = {
    "Which {time} had the {best} {m} {f} {p}",
    "{time} with the {best} {m} {f} {p}",
    "In which {time} [was|were] {m} {best} {p} {f}",
    "When [was|were] {m} {best}, by {time} {p} {f}",
    "Find the {time} with the {best} {m} {p} {f}",
    NULL};
const char *const frames_top_per_group[] = {
    "{top} {n} {gs2} by {m} in each {g} {f} {p}",
    "For each {g}, the {n} {gs2} with the {best} {m} {f} {p}",
    SHOW " the {top} {n} {gs2} [per|within each|of each|in every] {g} by {m} {p} {f}",
    "Which {n} {gs2} had the {best} {m} [within|in] each {g} {p} {f}",
    "{n} {best} {gs2} by {m} per {g} {p} {f}",
    "Per {g}: {top} {n} {gs2} [in terms of|by] {m} {p} {f}",
    NULL};
const char *const frames_having[] = {
    "Which {gs} had {m} {over} {x} {f} {p}",
    "{gs} with {m} {over} {x} {f} {p}",
    SHOW " [all|the|] {gs} with {m} {over} {x} {p} {f}",
    "[Find|List|Name] every {g} whose {m} [is|was] {over} {x} {p} {f}",
    "{p}, which {gs} [had|have|reached|show] {m} {over} {x} {f}",
    "Are there {gs} with {m} {over} {x} {f} {p}, and which",
    NULL};
const char *const frames_growth[] = {
    "growth of {m} from {p2} to {p1} {f}",
    "How much did {m} [grow|change|rise] [from {p2} to {p1}|in {p1} against {p2}|in {p1} compared with {p2}] {f}",
    "{m} growth {p1} [vs|versus|against|over|compared to] {p2} {f}",
    WHAT " the [growth|change|percentage change|increase] in {m} [from {p2} to {p1}|between {p2} and {p1}] {f}",
    "By how many percent did {m} [change|grow|rise] [from {p2} to {p1}|in {p1} against {p2}] {f}",
    "[Percentage|Relative] change of {m} {f}, {p1} [against|vs] {p2}",
    NULL};
const char *const frames_growth_listed[] = {
    "growth of {m} by {g} from {p2} to {p1} {f}",
    "{m} growth [by|per] {g} {p1} [vs|versus|against] {p2} {f}",
    "How much did {m} [grow|change] in each {g} [from {p2} to {p1}|in {p1} against {p2}] {f}",
    SHOW " the [growth|change] of {m} for [each|every] {g}, {p1} compared with {p2} {f}",
    "[Percentage|Per cent] change in {m} by {g} between {p2} and {p1} {f}",
    NULL};
const char *const frames_growth_ranked[] = {
    "Which {n} {gs} {grew} in {m} from {p2} to {p1} {f}",
    "The {n} {gs} whose {m} {grew} in {p1} [against|compared with|vs] {p2} {f}",
    SHOW " the {n} {gs} that {grew} by {m}, {p1} against {p2} {f}",
    "{n} {gs} where {m} {grew} between {p2} and {p1} {f}",
    "[By|In] {m}, which {n} {gs} {grew} in {p1} [over|versus] {p2} {f}",
    NULL};
const char *const frames_growth_year_before[] = {
    "growth of {m} {f} {p} [against|over|compared with|on] the year before",
    "{m} growth {p} {f} year [over|on] year",
    "How much did {m} grow {p} {f} [against the year before|compared to the previous year|year on year]",
    "Year-over-year [growth|change] of {m} {p} {f}",
    "{m} {p} {f} against the same period of the year before, in percent",
    "[yoy|YoY] {m} [growth|change] {p} {f}",
    NULL};
const char *const frames_difference[] = {
    "By [how much|what amount] did {m} change from {p2} to {p1} in absolute terms {f}",
    "difference in {m} between {p1} and {p2} {f}",
    "absolute change of {m} {f}, {p1} [against|vs] {p2}",
    "{m} {p1} minus {m} {p2} {f}",
    "How much [more or less|higher or lower] [was|were] {m} in {p1} than in {p2} {f}, as an amount",
    NULL};
const char *const frames_like_for_like[] = {
    "like-for-like growth of {m} in {p1} [against|vs] {p2} {f}",
    "like for like {m} {p1} [vs|against] {p2} {f}",
    "How did {m} grow like-for-like from {p2} to {p1} {f}",
    "LFL {m} growth {p1} over {p2} {f}",
    "[What is|What was] the comparable-store growth of {m}, {p1} against {p2} {f}",
    NULL};
const char *const frames_compare_periods[] = {
    "{m} in {p1} [and|vs|versus|compared with|against] {p2} {by} {f}",
    "Compare {m} [of|in|for] {p1} [and|with|to] {p2} {by} {f}",
    "{m} {p1} vs {p2} {by} {f}",
    SHOW " {m} {by} for {p1} [and|next to|beside] {p2} {f}",
    "How [does|did] {m} in {p1} compare [with|to] {p2} {by} {f}",
    "{p1} and {p2} side by side: {m} {by} {f}",
    NULL};
const char *const frames_compare_members[] = {
    "{m} of {v} [and|vs|versus|compared with] {v2} {p}",
    "Compare {v} and {v2} by {m} {p}",
    "Compare the {m} of {v} [and|with|to] {v2} {p}",
    "{v} or {v2}: which {g} had more {m} {p}",
    "How do {v} and {v2} [compare|differ] in {m} {p}",
    "{m} for the {gs} {v} and {v2} {p}",
    NULL};
const char *const frames_share_by_group[] = {
    "[share|percentage|proportion] of {m} by {g} {f} {p}",
    "What [share|percentage|part] of [total |]{m} [comes from|does|falls on] each {g} [bring|] {p} {f}",
    SHOW " each {g}'s [share|percentage] of {m} {p} {f}",
    "How much does each {g} contribute to {m} in percent {p} {f}",
    "{m} by {g} as a [share|percentage] of the total {p} {f}",
    "What percent of {m} is [made|due to] by each {g} {p} {f}",
    NULL};
const char *const frames_share_of_part[] = {
    "What [share|percentage|part|proportion] of {m} [is|was|comes|came] from {v} {p}",
    "{fw} {v} as [a share|a percentage] of {m} {p}",
    "How many percent of {m} [does|did] {v} [make up|account for|contribute] {p}",
    "[The|] share of {v} in {m} {p}",
    "How large [is|was] the [part|share] of {fw} {v} in [total|overall] {m} {p}",
    NULL};
const char *const frames_average_per_time[] = {
    "average {m} per {time} {f} {p}",
    WHAT " the average {adv} {m} {f} {p}",
    "[mean|average] {adv} {m} {p} {f}",
    "How much {m} do we [have|make] per {time} on average {p} {f}",
    "On average, what [was|is] the {m} [in a|of a] {time} {p} {f}",
    NULL};
const char *const frames_list[] = {
    "Which {es} [are|were] {c} {f} {p}",
    "{c} {es} {f} {p}",
    "[List|Show|Name|Give me] [all|the|all the] {c} {es} {f} {p}",
    "[List|Show|Name] [all|the|] {es} {f} that [are|were] {c} {p}",
    "What {es} {f} [are|were] {c} {p}",
    "I need [a list of|] the {es} that are {c} {p} {f}",
    NULL};
const char *const frames_list_where[] = {
    "Which {es} are there {f}",
    "[List|Show|Name|Give me] [all|the|all the] {es} {f}",
    "{es} {f}",
    "What {es} do we have {f}",
    "I need [a list of|] [the|all] {es} {f}",
    NULL};
const char *const frames_count[] = {
    "How many {es} [are|were] {c} {f} {p}",
    "number of {c} {es} {f} {p}",
    "[Count|Give me the number of] [the|] {es} that [are|were] {c} {p} {f}",
    "How many {c} {es} [do we have|are there|were there] {f} {p}",
    "Count of {c} {es} {p} {f}",
    NULL};
const char *const frames_count_where[] = {
    "How many {es} [are there|do we have|exist] {f}",
    "number of {es} {f}",
    "[Count|Give me the number of] [the|all|our] {es} {f}",
    "{e} count {f}",
    "What is the number of {es} {f}",
    NULL};
const char *const frames_count_by_group[] = {
    "How many {c} {es} are there [per|in each|for each|by] {g} {p}",
    "number of {c} {es} by {g} {p}",
    "[Count|Show] {c} {es} [per|by|for every] {g} {p}",
    "{c} {es} per {g} {p}, counted",
    "For each {g}, how many {c} {es} are there {p}",
    NULL};
const char *const frames_why[] = {
    "Why did {m} {fell} in {p1} [against|compared with] {p2} by {g} {f}",
    "Which {gs} explain the change of {m} from {p2} to {p1} {f}",
    "What is behind the change in {m} between {p2} and {p1} by {g} {f}",
    "Break down the change of {m} from {p2} to {p1} by {g} {f}",
    "Why did {m} {fell} from {p2} to {p1} {f}, by {g}",
    NULL};
