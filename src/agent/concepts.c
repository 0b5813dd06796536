/* concepts.c - see concepts.h.
 *
 * One readable table per concept; phrases are parted by '|' and compared word
 * by word, by fold and by stem. A phrase may stand in several tables: what it
 * means then depends on what stands around it (entity_extractor.c). */
#include "agent/concepts.h"

#include <string.h>

static const struct {
    concept concept;
    const char *name;
    word_use use;
    const char *phrases;
} table[] = {
    {C_STOP, "stop", USE_STOP,
     "a|an|the|please|pls|plz|kindly|thanks|thank you|hi|hello|hey|ok|okay|so|now|then|also|just|me|us|my|our|we|i|you|your|it|its|they|their|them|he|she|"
     "is|are|was|were|be|been|being|am|do|does|did|done|has|have|had|having|can|could|would|should|shall|may|might|must|will you|let|lets|let us|"
     "at|on|in|into|of|for|to|from|with|by|about|as|and|or|that|this|these|those|there|here|who|whom|whose|where|how|what|which|"
     "tell|tell me|give|give me|get|get me|show|show me|display|see|find|find me|want|i want to know|i want|i would like|i would like to know|like to know|like to see|"
     "would like to see|want to see|want to know|need|i need|know|calculate|compute|determine|return me|report|look|look at|provide|"
     "all|total|overall|altogether|whole|entire|in total|in all|full|"
     "do we have|did we have|do we do|there are|is there|are there|were there|was there|have there been|there been|we have|have we had|"
     "respectively|exactly|actually|currently|right now|at present|as of now|at the moment|today's|really|own|out|"
     "what is|what are|what was|what were|whats|what did|how are|how is|how was|how were|how did|how do|how does|"
     "made|make|makes|making|generate|generated|achieve|achieved|achieving|bring in|brought in|bring|brought|earn|earned|earns|take|took|taken|record|recorded|recording|see|saw|seen|reported|realised|realized|"
     "go|went|going|gone|come|came|comes|coming|happen|happened|happening|occur|occurred|look like|looked like|looks like|"
     "figure|figures|number|numbers|value|values|amount|amounts|data|result|results|info|information|level|breakdown|overview|summary|table|chart|graph|plot|report|split|view|dashboard|"
     "company|business wide|companywide|group wide|our company|"
     "each other|one another|one|ones|some|any|more detail|detail|details|basis|on a|terms|in terms of|with respect to|regarding|concerning|when it comes to|in relation to|based on|according to|"
     "during|within|throughout|over|through|via|using|across|around|per|both|either|"
     "s|t|re|ve|d|ll|m|not only|period|time|times|time period|between|"
     "ended|ending|end|the end of|by the end of|at the end of|at end of|as at|as of|"
     "put|together|side by side|next to|alongside|along with|as well as|including|include|included|incl|inclusive|"
     "if|whether|because|due|money|possible|quick|quickly|question|wondering|wonder|curious|help me|i am|im|id|"
     "us all|everything|every one|anything|something|someone|anyone|everyone|"
     "contributing|belonging|located|based|situated|placed|found|lie|lies|lying|sitting|"
     "customers buy|people|"
     "very|quite|much|many|well|far|too|lot|lots|only|even|still|yet|already|"
     "came from|come from|coming from|comes from|that are|that is|that were|that was|that have|that has|that had|which are|which have|which had|which were|who have|who had|who has|"
     "euros|euro|eur|in euros|in euro|in eur|"
     "although|though|but|sales team|shown|display|listed|sorted|order them|order it|sort|please list|thx|ty|cheers|tnx|asap|guys|team|win|won|cost us|costs us|cost me|costing us|gain customers|pull in|issued|placed|processed|booked|rung up"},
    {C_BY, "by", USE_GROUP, "by|split by|splitted by|broken down by|break down by|breakdown by|break it down by|break down|broken down|grouped by|group by|divided by|separated by|"
     "split across|segmented by|sliced by|slice by|according to|by each|by every|in terms of|split into|split"},
    {C_PER, "per", USE_GROUP, "per|per each|a|an|/"},
    {C_EACH, "each", USE_GROUP, "each|every|for each|for every|in each|in every|within each|of each|each of|for each of|on each|at each|from each|each one|within every|of every|individual|for individual|any given|all the|for all|all of the|all|"
     "respective|per each|in all|of all|each of the|for all of the|the different|different|for the different|the various|various|the individual|among|amongst"},
    {C_ACROSS, "across", USE_GROUP, "across|across all|across the|over all|between|among|amongst|in the different|for different"},
    {C_WHICH, "which", USE_GROUP, "which|what|who|whose|which of our|which of the|what are the|what were the|what is the|what was the|in which|in what|on which|on what|from which|at which|for which|by which|with which|to which"},
    {C_TOGETHER, "together", USE_STOP, "together|combined|in total|total|altogether|taken together|jointly|overall|sum of|summed|in sum|aggregate|aggregated|put together|in aggregate"},
    {C_HOW_MANY, "how many", USE_KIND, "how many|number of|numbers of|count of|count|the number of|total number of|the total number of|how many of|how many different|how many distinct|number of distinct|number of different|number of unique|how many unique|count of distinct|how large is the number of|quantity of|no of|nr of|total count of"},
    {C_HOW_MUCH, "how much", USE_KIND, "how much|what amount|how high|how big|how large|how low|how good|how strong|how well"},
    {C_LIST, "list", USE_KIND, "list|list of|enumerate|names of|name|the names of|name of|list all|list the|show all|show me all|which ones|a list of|names|give me the names of|give me all|give me a list of|identify|all"},
    {C_COLUMNS, "with columns", USE_GROUP, "with their|with its|and their|and its|along with their|along with its|together with their|including their|including its|with the|as well as their"},
    {C_TOP, "top", USE_TOP, "top|highest|most|biggest|largest|greatest|maximum|max|peak|top ranked|leading|number one|top selling|most selling|highest selling|bestselling|best selling|best seller|bestseller|top seller|most of|"
     "largest number of|highest number of|greatest number of|most popular|busiest|most important|most common|most frequent|commonest|most often|richest|longest|top performing|highest grossing|most valuable|more than any other|furthest|farthest"},
    {C_BOTTOM, "bottom", USE_TOP, "bottom|lowest|least|smallest|fewest|minimum|min|lowest number of|smallest number of|fewest number of|least popular|quietest|lowest selling|least selling|shortest|lowest performing|slowest selling|worst selling|worst seller"},
    {C_BEST, "best", USE_TOP, "best|strongest|best performing|best performer|strongest performing|star|winner|most successful|leader|did best|performed best|perform best|healthiest|best performers|top performer"},
    {C_WORST, "worst", USE_TOP, "worst|weakest|poorest|worst performing|worst performer|weakest performing|loser|laggard|least successful|did worst|performed worst|underperforming|under performing|poor performing|worst performers"},
    {C_RANK, "ranking", USE_TOP, "rank|ranks|ranked|ranking|ranking of|rank order|league table|ordered by|sorted by|sort by|leaderboard|rank by|ranked by|ranks by"},
    {C_ORDER_DOWN, "descending", USE_TOP, "descending|in descending order|descending order|from highest to lowest|highest first|largest first|from best to worst|high to low|biggest first|highest to lowest|best to worst|best first|from high to low|from largest to smallest|desc|largest to smallest"},
    {C_ORDER_UP, "ascending", USE_TOP, "ascending|in ascending order|ascending order|from lowest to highest|lowest first|smallest first|from worst to best|low to high|lowest to highest|worst to best|worst first|from smallest to largest|asc|smallest to largest"},
    {C_SHARE, "share", USE_KIND, "share|shares|share of|percentage|percentage of|percent of|proportion|proportion of|fraction|fraction of|what part of|part of|portion|portion of|percentage share|percent share|"
     "contribution of|contribution to|contribute|contributes|contributed|contribute to|contributed to|mix|sales mix|of total|of the total|relative share|makes up|make up|made up|accounts for|account for|accounted for|"
     "as a share|as a share of|as a percentage of|as percentage of|as a percent of|as a proportion of|weight|weight of|distribution|distribution of|slice|as share of|percentage contribution|share in|shared|share of total|percent of total|percentage of total|of overall|in percent of|percent contribution|in percent of the total"},
    {C_GROW, "change", USE_COMPARE, "change|changes|changed|changing|change in|change of|growth|growth rate|growth of|growth in|grow|grows|grew|grown|growing|percent change|percentage change|rate of growth|rate of change|growth percentage|movement|move|moved|"
     "percent growth|percentage growth|develop compared|delta|variance|variation|vary|varied|growth rates|rate growth|evolve compared"},
    {C_GROW_UP, "growth up", USE_COMPARE, "increase|increases|increased|increasing|increase in|rise|rises|rose|risen|rising|rise in|gain|gains|gained|improve|improved|improves|improvement|improvement in|up|uptick|jump|jumped|surge|surged|climb|climbed|go up|went up|gone up|going up|expand|expanded|boost|upturn|grew up|positive growth"},
    {C_GROW_DOWN, "growth down", USE_COMPARE, "decrease|decreases|decreased|decreasing|decrease in|fall|falls|fell|fallen|falling|fall in|drop|drops|dropped|dropping|drop in|decline|declines|declined|declining|decline in|shrink|shrinks|shrank|shrunk|shrinking|lose|loses|losing|lost|"
     "loss in|down|dip|dipped|go down|went down|gone down|going down|reduce|reduced|reduction|slump|slumped|plunge|worsen|worsened|deteriorate|deteriorated|downturn|dropped off|fall off|fell off|fall back|slow down|slowed|negative growth|contract|contracted"},
    {C_FAST, "fastest", USE_TOP, "fastest|quickest|fast|quickly|most rapidly|strongly|rapidly|sharply|sharpest|steepest|most strongly|quicker|faster|most sharply|most quickly"},
    {C_SLOW, "slowest", USE_TOP, "slowest|slowly|slow|most slowly"},
    {C_YEAR_ON_YEAR, "year on year", USE_COMPARE, "yoy|y o y|year over year|year on year|y/y|yearly growth|annual growth|year to year|year on year growth|yoy growth|yoy change"},
    {C_STEP_ON_STEP, "on the period before", USE_COMPARE, "mom|m o m|month over month|month on month|month to month|qoq|q o q|quarter over quarter|quarter on quarter|wow|week over week|week on week|sequential|period over period|day over day|day on day"},
    {C_VERSUS, "versus", USE_COMPARE, "vs|versus|v|against|compared to|compared with|in comparison to|in comparison with|relative to|as compared to|as compared with|compare to|compare with|compares to|compares with|comparing to|comparing with|as opposed to|on top of|next to|rather than|"
     "up against|in contrast to|opposed to|measured against|over against"},
    {C_THAN, "than", USE_COMPARE, "than|than in|than on|than for|than during|than at|than from"},
    {C_COMPARE, "compare", USE_COMPARE, "compare|compared|comparison|comparison of|comparison between|comparing|compares|contrast|side by side|how do|how does|compare between"},
    {C_DIFFERENCE, "difference", USE_COMPARE, "difference|differences|differ|difference in|difference between|the difference between|gap|gap between|differed|differs"},
    {C_MORE_THAN_BEFORE, "more or less", USE_COMPARE, "more|less|fewer|higher|lower|better|worse|bigger|smaller"},
    {C_TREND, "trend", USE_KIND, "trend|trends|trend of|trend in|trend for|over time|develop|develops|developed|developing|development|development of|evolve|evolves|evolved|evolution|evolution of|trajectory|time series|timeline|history of|history|historical|course of|"
     "progress|progression|progressed|trending|trendline|the course of|curve|seasonality|seasonal pattern|pattern|in the course of|across time|through time|time trend|run of|course"},
    {C_OVER_YEARS, "over the years", USE_KIND, "over the years|through the years|across the years|across years|over years|in the different years|over the past years|over the last years|in recent years|in the last years|from year to year"},
    {C_AVERAGE, "average", USE_KIND, "average|avg|mean|averages|averaged|on average|typical|typically|average of|mean of|in average|averaging|average number of|mean number of|avg number of|average amount of|average value of"},
    {C_RUNNING, "running total", USE_KIND, "running total|running totals|running total of|running sum|running|cumulative|cumulated|cumulative total|cumulatively|cumulative sum|accumulated|cumulation|running total for|cumulative total of"},
    {C_WHY, "why", USE_KIND, "why|why did|why was|why is|why are|why were|why has|why have|why do|why does|what caused|what drove|what is driving|what's driving|what is behind|what was behind|what lies behind|what explains|explain the|explain why|explain|reason for the|reasons for the|reason behind|reasons behind|"
     "cause of|causes of|causes for|the cause of|how come|what led to|what made|what is causing|what was the reason for|what were the reasons for|what was driving|drivers of|driver of|what are the drivers of|what drives|reasons why|what contributed to|where did|where does|what accounts for|what was responsible for|who is responsible for|which caused"},
    {C_DRIVER, "driver", USE_KIND, "came from the|come from the|contributed most to|contributed the most to|drove|driving|behind|responsible for|contributed to the|caused|explains|explain|explained|lies behind"},
    {C_UPLIFT, "uplift", USE_KIND, "uplift|uplift of|lift|lift of|promotion effect|effect of|impact of|effect|impact|sales uplift|promotion uplift|promotional uplift|sales lift"},
    {C_EXCEPT, "except", USE_FILTER, "excluding|exclude|excludes|excluded|without|except|except for|other than|apart from|but not|but without|ignoring|ignore|leaving out|leave out|left out|not including|not counting|minus|not in|not from|not at|besides|non|outside|outside of|outside the|no|excl|omitting|omit|"
     "with the exception of|not of|not by|that are not|which are not|that is not|that are not in|not through|not via|who are not|disregarding|setting aside|aside from|not on|neither|everything but|all but|is not|are not|were not|was not|not being"},
    {C_NOT, "not", USE_FILTER, "not|never|did not|dont|do not|does not|doesnt|have not|has not|havent|hasnt|wasnt|werent|isnt|arent|nor|didnt"},
    {C_ONLY, "only", USE_FILTER, "only|just|solely|exclusively|alone|purely"},
    {C_LIKE_FOR_LIKE, "like-for-like", USE_COMPARE, "like for like|lfl|l4l|like 4 like|comparable|comparable store|comparable stores|same store|same stores|comp store|comp|comparable sales|on a comparable basis|on a like for like basis|in comparable stores|like for like basis|comparable basis"},
    {C_CONSTANT_CURRENCY, "constant currency", USE_COMPARE, "constant currency|constant currencies|in constant currency|at constant currency|at constant currencies|currency adjusted|currency neutral|fx neutral|at constant exchange rates|at constant exchange rate|constant exchange rates|excluding currency|"
     "without currency effects|excluding currency effects|without currency effect|adjusted for currency|excluding fx|constant fx|currency adjusted basis|excluding exchange rate effects|at constant rates|without exchange rate effects|net of currency|"
     "at the exchange rates of|at the exchange rate of|at exchange rates of|exchange rates of|exchange rate of|at the exchange rates|at exchange rates|at unchanged exchange rates|unchanged exchange rates|at the same exchange rates|same exchange rates|"
     "using the exchange rates of|with the exchange rates of|exchange rates|exchange rate"},
    {C_ABOVE, "above", USE_NUMBER, "more than|over|above|greater than|exceeding|exceed|exceeded|exceeds|higher than|larger than|bigger than|in excess of|>|upwards of|better than|surpass|surpassed|surpassing|longer than|greater|that exceed|that exceeded|of more than|of over|of above"},
    {C_AT_LEAST, "at least", USE_NUMBER, "at least|minimum of|a minimum of|>=|no less than|not less than|no fewer than|or more|and more|and above|and up|and over|or above|or over|or higher|not below|not under|of at least|min"},
    {C_BELOW, "below", USE_NUMBER, "less than|fewer than|under|below|lower than|smaller than|<|worse than|short of|not reaching|of less than|of under|of below|shorter than|beneath"},
    {C_AT_MOST, "at most", USE_NUMBER, "at most|up to|maximum of|a maximum of|<=|no more than|not more than|or less|or fewer|and less|and below|or below|not above|not over|or lower|of at most|max"},
    {C_EXACTLY, "exactly", USE_NUMBER, "exactly|equal to|equals|equal|=|precisely|of exactly"},
    {C_BETWEEN, "between", USE_NUMBER, "between|from|in the range of|ranging from|of between"},
    {C_PRICE_ABOVE, "dearer than", USE_NUMBER, "costing more than|cost more than|costs more than|costing over|cost over|dearer than|more expensive than|priced over|priced above|priced at more than|that cost over|that cost more than|pricier than|costing at least|priced at over|costs over|that costs more than"},
    {C_PRICE_BELOW, "cheaper than", USE_NUMBER, "costing less than|cost less than|costs less than|costing under|cost under|cheaper than|less expensive than|priced under|priced below|priced at less than|that cost under|that cost less than|costing below|priced at under|costs under|that costs less than"},
    {C_PRICE, "priced", USE_NUMBER, "priced|costing|priced at|that cost|which cost"},
    {C_MISS_TARGET, "missed the target", USE_FILTER, "missed target|missed the target|missed their target|missed its target|missed their targets|missed targets|miss target|miss the target|miss their target|miss their targets|below target|below their target|below the target|under target|under their target|behind target|behind their target|"
     "did not reach target|did not reach their target|did not meet target|did not meet their target|did not hit target|did not hit their target|not reach their target|failed to reach their target|failed to meet their target|fell short of target|fell short of their target|short of target|short of their target|missing target|missing their target|"
     "not hit their target|not meet their target|not reached their target|not met their target|not achieve their target|did not achieve their target|below plan|missed plan|failed target|failed their target|missed their sales target|below their sales target|missed the sales target|missed their monthly target|failed to hit their target|are below target|is below target"},
    {C_REACH_TARGET, "reached the target", USE_FILTER, "reached target|reached the target|reached their target|reached its target|reached their targets|met target|met the target|met their target|met its target|met their targets|hit target|hit the target|hit their target|hit their targets|exceeded target|exceeded the target|exceeded their target|exceeded their targets|"
     "beat target|beat the target|beat their target|beat their targets|above target|above their target|above the target|over target|over their target|ahead of target|ahead of their target|achieved target|achieved their target|made their target|reach target|reach their target|meet target|meet their target|surpassed their target|on target|"
     "achieved the target|reaching their target|reached their sales target|met their sales target|exceeded their sales target|hit their sales target|beat plan|above plan|reached plan|are on target|are above target|reached or exceeded their target|met or exceeded their target"},
    {C_AND, "and", USE_STOP, "and|plus|as well as|and also|together with|along with"},
    {C_OR, "or", USE_STOP, "or|either"},
    {C_TO, "to", USE_STOP, "to|until|through"},
    {C_FROM, "from", USE_STOP, "from"},
    {C_OF, "of", USE_STOP, "of"},
    {C_IN, "in", USE_STOP, "in|within|inside|at|on"},
    {C_WITH, "with", USE_STOP, "with|having|have|had|has|where|whose|that|which"},
    {C_FOR, "for", USE_STOP, "for|to"},
    {C_SELL, "sell", USE_METRIC, "sell|sells|sold|selling|bought|buy|purchase|purchased|spend|spent|spending"},
    {C_PERFORM, "perform", USE_METRIC, "perform|performs|performed|performing|performance|doing|business|do well|did well|going|success|successful|results|trade|traded|how are things"},
    {C_ABSOLUTE, "absolute", USE_COMPARE, "by how much|in absolute terms|absolute|in absolute numbers|in money|absolutely|in euro terms|how much more|how much less|how much higher|how much lower|how many more|how many fewer|absolute change|absolute growth|absolute terms|in euros|in euro|in eur|in absolute figures|how many less"},
    {C_IN_PERCENT, "in per cent", USE_COMPARE, "in percent|in per cent|percent|percentage|as a percentage|in percentage|percentage wise|relative|relatively|in relative terms|per cent|by what percentage|by what percent|by how many percent|in percentage terms|pct|in pct|what percentage did|by what per cent"},
    {C_MONEY_UNIT, "money", USE_NUMBER, "euro|euros|eur|in euros|worth"},
    {C_PERCENT_UNIT, "per cent", USE_NUMBER, "percent|per cent|percentage points|percentage point|pp|pct|points"},
    {C_HAVE_WE, "there are", USE_STOP, "do we have|are there|there are|we have|have we|did we have|exist|exists|do we|are we|do you have|we had|were there|have we got|were we"},
    {C_HELP, "help", USE_KIND, "help|what can i ask|what can you do|how do you work|how does this work|what questions can i ask|which questions can i ask|what can i ask you|what do you know|what data do you have|what do you do|what can you answer|who are you|what are you|how can you help|"
     "how can you help me|what can you tell me|usage|how do i use this|how do i use you|what data is there|what data is available|which data do you have|what is in the data|what kind of questions can i ask|give me examples|example questions|show examples|give me some examples|"
     "what can we ask|how to use this|how do i ask|examples|what questions can you answer|which questions can you answer|what information do you have|what tables are there|which tables are there|what metrics are there|which metrics are there|what metrics do you know|which metrics can i use|what can i do here|what could i ask|what are you able to do|what else can i ask|"
     "what is in this database|what is in the database|what metrics can i ask about|which metrics can i ask about|i need help|can you help me|instructions|what are you capable of|how do i get started|what kinds of questions can i ask|what sort of questions can i ask|what kind of questions can you answer|what measures are there|which measures are there|which measures do you know|which dimensions are there|what dimensions are there"},
    {C_FORECAST, "forecast", USE_KIND, "forecast|forecasts|forecasted|predict|predicts|prediction|predicted|projection|projected|extrapolate|extrapolation|expect|expected|will be|will we|going to be|estimate for|outlook|prognosis|will|in the future|future|will sales|will our|will the|will it|likely to be|be next"},
    {C_FRANC, "Swiss francs", USE_METRIC, "swiss francs|swiss franc|francs|franc|chf"},
    {C_POUND, "pounds", USE_METRIC, "pounds|pound|british pounds|pounds sterling|gbp|sterling"},
    {C_QUALITY, "how it was", USE_KIND, "bad|weak|poor|low|high|good|strong|terrible|great|disappointing|soft"},
    {C_DEAREST, "dearest", USE_TOP, "most expensive|dearest|priciest|costliest|highest priced"},
    {C_CHEAPEST, "cheapest", USE_TOP, "cheapest|least expensive|most affordable|lowest priced"},
    {C_NEWEST, "newest", USE_TOP, "newest|youngest|latest|most recent|most recently|last"},
    {C_OLDEST, "oldest", USE_TOP, "oldest|earliest|first"},
    {C_LARGEST, "largest", USE_TOP, "largest|biggest"},
    {C_SMALLEST, "smallest", USE_TOP, "smallest|tiniest"},
    {C_WHEN, "when", USE_GROUP, "when|on what date|on which date|what date|and when|on what day|since when"},
    {C_MEDIAN, "median", USE_KIND, "median|the median|median of"},
    {C_BEYOND, "beyond templates", USE_NONE, "monday|tuesday|wednesday|thursday|friday|saturday|sunday|mondays|tuesdays|wednesdays|thursdays|fridays|saturdays|sundays|weekend|weekends|weekdays|working days|"
     "moving average|rolling average|moving|rolling|standard deviation|deviation|percentile|quartile|decile|correlation|correlate|correlated|correlates|cagr|compound annual growth rate|per capita|histogram|outlier|outliers|anomaly|anomalies|"
     "consecutive|in a row|streak|at the same time|bought together|basket analysis|cohort|retention|lifetime|abc analysis|pareto|ratio of|ratio|twice|double|half of|most recently|recently|latest|earliest|first time|last time|"
     "every month|every year|each year since|all months|in both|both years|previous purchase|days between|time between|until first|after first|rank of|position of|halve|tripled|doubled|gap between"},
    {C_CHAT, "chat", USE_NONE, "joke|poem|song|story|recipe|capital of|president|football match|who won|translate|write me|write a|stock market|news|movie|film|meaning of life|what time is it|how old|weather|tell a joke|love|politics|bitcoin|sing|cook|code|program|python|email|letter|your name|how are you"},
};
enum { N_CONCEPTS = sizeof table / sizeof table[0] };

/* Tokens that `phrases` takes at i with exactly n tokens, or at most any when
 * n is 0: the longest. */
static int match_list(const tokens *t, int i, const char *phrases)
{
    char phrase[96];
    int best = 0;

    while (*phrases) {
        const size_t length = strcspn(phrases, "|");

        if (length < sizeof phrase && (*phrases == t->at[i].fold[0] || *phrases == t->at[i].stem[0])) {
            int n;
            memcpy(phrase, phrases, length);
            phrase[length] = 0;
            n = words_match(t, i, phrase);
            if (n > best)
                best = n;
        }
        phrases += length;
        phrases += *phrases == '|';
    }
    return best;
}

static bool list_has(const tokens *t, int i, int n_tokens, const char *phrases)
{
    char phrase[96];

    while (*phrases) {
        const size_t length = strcspn(phrases, "|");

        if (length < sizeof phrase && (*phrases == t->at[i].fold[0] || *phrases == t->at[i].stem[0])) {
            memcpy(phrase, phrases, length);
            phrase[length] = 0;
            if (words_match(t, i, phrase) == n_tokens)
                return true;
        }
        phrases += length;
        phrases += *phrases == '|';
    }
    return false;
}

int concepts_longest(const tokens *t, int i)
{
    int best = 0;

    for (int k = 0; k < N_CONCEPTS; k++) {
        const int n = match_list(t, i, table[k].phrases);
        if (n > best)
            best = n;
    }
    return best;
}

int concepts_at(const tokens *t, int i, int n_tokens, concept *found, int max)
{
    int n = 0;

    for (int k = 0; k < N_CONCEPTS && n < max; k++)
        if (list_has(t, i, n_tokens, table[k].phrases))
            found[n++] = table[k].concept;
    return n;
}

word_use concept_use(concept c)
{
    for (int k = 0; k < N_CONCEPTS; k++)
        if (table[k].concept == c)
            return table[k].use;
    return USE_NONE;
}

const char *concept_name(concept c)
{
    for (int k = 0; k < N_CONCEPTS; k++)
        if (table[k].concept == c)
            return table[k].name;
    return "none";
}

void concepts_each_word(void (*fn)(void *arg, const char *word), void *arg)
{
    char word[40];

    for (int k = 0; k < N_CONCEPTS; k++)
        for (const char *p = table[k].phrases; *p;) {
            const size_t n = strcspn(p, " |");
            if (n > 3 && n < sizeof word) {
                memcpy(word, p, n);
                word[n] = 0;
                fn(arg, word);
            }
            p += n;
            p += *p == ' ' || *p == '|';
        }
}
