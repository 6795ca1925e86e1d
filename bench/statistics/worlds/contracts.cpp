#include "contracts.hpp"

#include <cmath>
#include <cstddef>

namespace marketing::worlds {

int SigningWorld::draw_lag(Engine& engine, int day) const
{
    const double scale = 1 + (drift - 1) * day / days;
    switch (shape) {
        case 0: return static_cast<int>(-12 * scale * std::log(uniform(engine)));
        case 1: return static_cast<int>(7 * scale * gamma(engine, 3));
        default:
            return static_cast<int>(uniform(engine) < 0.5 ? -2 * scale * std::log(uniform(engine))
                                                          : 30 * scale * lognormal(engine, 0.5));
    }
}

SigningHistory make_leads(const SigningWorld& world, Engine& engine)
{
    SigningHistory history;
    double rate = world.signing;
    for (int d = 0; d < world.days; ++d) {
        rate = d % 7 == 0 ? world.signing * lognormal(engine, world.wobble) : rate;
        SigningDay day;
        day.leads = overdispersed(engine, world.leads, 2);
        for (int i = 0; i < static_cast<int>(day.leads); ++i) {
            if (uniform(engine) < rate) {
                const int lag = world.draw_lag(engine, d);
                const double money = 1000 * lognormal(engine, 0.6);
                day.ever += 1;
                day.money_ever += money;
                if (d + lag < world.days) {
                    day.seen += 1;
                    day.money_seen += money;
                    history.lags.push_back({d, lag, 1});
                }
            }
        }
        history.days.push_back(day);
    }
    return history;
}

}  // namespace marketing::worlds
