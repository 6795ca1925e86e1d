#include <algorithm>
#include <map>
#include <tuple>
#include <utility>
#include <vector>

#include "charts/charts.hpp"
#include "kernel/error.hpp"

namespace marketing::charts {
namespace {

constexpr std::size_t most_flows = 500;
constexpr std::int32_t most_stages = 8;
constexpr double node_width = 10;
constexpr double gap = 8;

struct Node {
    std::string_view name;
    double in = 0;
    double out = 0;
    double y = 0;
    double arrived = 0;  // how much of what flows in and out is drawn already
    double left = 0;
    std::size_t colour = 1;

    [[nodiscard]] double size() const noexcept { return std::max(in, out); }
};

struct Flow {
    std::size_t column;  // of its source
    Node* source;
    Node* target;
    double figure;
};

class Graph {
public:
    explicit Graph(const Sankey& sankey)
    {
        for (std::size_t i = 0; i < sankey.figures.size(); ++i) {
            if (sankey.figures[i].value_or(0) > 0) {
                add(sankey.stages.empty() ? 0 : static_cast<std::size_t>(sankey.stages[i] - 1), sankey.sources[i],
                    sankey.targets[i], *sankey.figures[i]);
            }
        }
        for (auto& [key, node] : nodes_) {
            columns_.resize(std::max(columns_.size(), key.first + 1));
            columns_[key.first].push_back(&node);
        }
        // The largest stands first; a name has one colour in all columns.
        for (auto& column : columns_) {
            std::stable_sort(column.begin(), column.end(), [](const Node* a, const Node* b) { return a->size() > b->size(); });
            for (Node* node : column) {
                node->colour = colours_.try_emplace(node->name, colour(colours_.size())).first->second;
            }
        }
    }

    [[nodiscard]] bool empty() const noexcept { return flows_.empty(); }

    std::string draw(const Frame& frame)
    {
        const double top = top_of(frame, {});
        const double height = place(top);
        Svg svg(frame, top + height + 8, summary());
        std::sort(flows_.begin(), flows_.end(), [](const Flow& a, const Flow& b) {
            return std::tie(a.column, a.source->y, a.target->y, b.figure) <
                   std::tie(b.column, b.source->y, b.target->y, a.figure);
        });
        for (const Flow& flow : flows_) {
            draw_flow(svg, flow);
        }
        for (std::size_t i = 0; i < columns_.size(); ++i) {
            for (const Node* node : columns_[i]) {
                draw_node(svg, *node, i);
            }
        }
        return svg.finish();
    }

private:
    void add(std::size_t column, std::string_view from, std::string_view to, double figure)
    {
        Node& source = node_of(column, from);
        Node& target = node_of(column + 1, to);
        source.out += figure;
        target.in += figure;
        flows_.push_back({column, &source, &target, figure});
    }
    Node& node_of(std::size_t column, std::string_view name)
    {
        return nodes_.try_emplace({column, name}, Node{name}).first->second;
    }

    /** Gives each node its place, and returns the height of the whole. */
    double place(double top)
    {
        std::size_t most = 1;
        for (const auto& column : columns_) {
            most = std::max(most, column.size());
        }
        const double height = std::max(150.0, 24 * static_cast<double>(most));
        const double room = height - gap * static_cast<double>(most - 1);
        for (const auto& column : columns_) {
            double total = 0;
            for (const Node* node : column) {
                total += node->size();
            }
            largest_ = std::max(largest_, total);
        }
        room_ = room;
        for (const auto& column : columns_) {
            double y = top;
            for (Node* node : column) {
                node->y = y;
                y += drawn(node->size()) + gap;
            }
        }
        return height;
    }
    [[nodiscard]] double drawn(double figure) const { return figure / largest_ * room_; }
    [[nodiscard]] double x(std::size_t column) const
    {
        return static_cast<double>(column) * (Svg::width - node_width) / static_cast<double>(columns_.size() - 1);
    }

    void draw_flow(Svg& svg, const Flow& flow)
    {
        const double thickness = drawn(flow.figure);
        const double from = x(flow.column) + node_width;
        const double to = x(flow.column + 1);
        const double middle = (from + to) / 2;
        const double start = flow.source->y + flow.source->left + thickness / 2;
        const double end = flow.target->y + flow.target->arrived + thickness / 2;
        flow.source->left += thickness;
        flow.target->arrived += thickness;
        svg.put("<path class=\"k c", flow.source->colour, "\" stroke-width=\"", std::max(0.5, thickness), "\" d=\"M", from, " ",
                start, "C", middle, " ", start, " ", middle, " ", end, " ", to, " ", end, "\"><title>",
                Escaped{flow.source->name}, " &#8594; ", Escaped{flow.target->name}, ": ");
        svg.figure(flow.figure);
        svg.put("</title></path>");
    }

    void draw_node(Svg& svg, const Node& node, std::size_t column) const
    {
        const double size = drawn(node.size());
        const bool is_last = column + 1 == columns_.size();
        // Names of the last two columns share the room between them.
        const double between = (Svg::width - node_width) / static_cast<double>(columns_.size() - 1);
        const double room = column + 2 < columns_.size() ? between - node_width - 8 : between / 2 - 12;
        svg.put("<rect class=\"f c", node.colour, "\" x=\"", x(column), "\" y=\"", node.y, "\" width=\"", node_width,
                "\" height=\"", std::max(0.5, size), "\">");
        svg.tooltip(node.name, {}, node.size());
        svg.put("</rect>");
        svg.label(is_last ? x(column) - 4 - room : x(column) + node_width + 4, node.y + size / 2 - 9, room,
                  is_last ? Anchor::end : Anchor::start, node.name);
    }

    [[nodiscard]] std::string summary() const
    {
        const Flow& largest =
            *std::max_element(flows_.begin(), flows_.end(), [](const Flow& a, const Flow& b) { return a.figure < b.figure; });
        return std::to_string(flows_.size()) + " flows. The largest: " + std::string(largest.source->name) + " to " +
               std::string(largest.target->name) + ", " + full_number(largest.figure) + ".";
    }

    std::map<std::pair<std::size_t, std::string_view>, Node> nodes_;
    std::map<std::string_view, std::size_t> colours_;
    std::vector<std::vector<Node*>> columns_;
    std::vector<Flow> flows_;
    double largest_ = 0;
    double room_ = 0;
};

}  // namespace

std::string svg_sankey(const Frame& frame, const Sankey& sankey)
{
    require_at_most(sankey.figures.size(), most_flows, "flows");
    const char* hint = "A source, a target and a figure for each flow.";
    require_figures(sankey.figures, sankey.sources.size(), "figures", hint);
    kernel::require_valid(sankey.targets.size() == sankey.sources.size(), "targets has the wrong number of elements", hint);
    kernel::require_valid(sankey.stages.empty() || sankey.stages.size() == sankey.sources.size(),
                          "stages has the wrong number of elements", "One for each flow.");
    for (const std::int32_t stage : sankey.stages) {
        kernel::require_valid(stage >= 1 && stage <= most_stages, "stages must lie between 1 and 8");
    }
    for (const auto& figure : sankey.figures) {
        kernel::require_valid(!figure || *figure >= 0, "figures of flows must not be negative");
    }
    Graph graph(sankey);
    return graph.empty() ? no_data(frame) : graph.draw(frame);
}

}  // namespace marketing::charts
