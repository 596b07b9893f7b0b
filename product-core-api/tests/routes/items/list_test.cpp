#include "answers.hpp"

#include <boost/json/array.hpp>

#include <algorithm>
#include <set>

namespace pz::product {

namespace {

using testkit::world;

constexpr const char* path = "/api/v1/items";

/// The demo's rows among those of a list: other tests add their own.
std::vector<std::string> demo_ids(const std::vector<boost::json::object>& rows, std::string_view prefix) {
    std::vector<std::string> ids;
    for (const auto& row : rows) {
        if (std::string id{row.at("id").as_string()}; id.starts_with(prefix)) {
            ids.push_back(std::move(id));
        }
    }
    return ids;
}

TEST(ListItems, answers_a_page_of_complete_rows) {
    const Reply reply = world().as(acme_user).get(path);
    ASSERT_EQ(reply.status(), 200) << reply.text();
    EXPECT_EQ(reply.header("Content-Type"), "application/json");
    const auto document = reply.json();
    EXPECT_EQ(members_of(document), (std::vector<std::string>{"items", "next_cursor"}));
    EXPECT_EQ(document.at("items").as_array().size(), 20U);
    EXPECT_TRUE(document.at("next_cursor").is_string());
    for (const auto& item : document.at("items").as_array()) {
        EXPECT_EQ(
            members_of(item),
            (std::vector<std::string>{
                "id",
                "project_id",
                "title",
                "description",
                "status",
                "created_by",
                "created_at",
                "updated_at",
                "version"
            })
        );
    }
}

TEST(ListItems, needs_a_token) {
    EXPECT_TRUE(is_problem(world().anonymous().get(path), 401, "not_authenticated"));
}

TEST(ListItems, is_not_for_platform_staff) {
    for (const Account& account : {platform_admin, support_agent}) {
        EXPECT_TRUE(is_problem(world().as(account).get(path), 403, "forbidden")) << account.email;
    }
}

TEST(ListItems, pages_through_every_row_once_and_in_order) {
    for (const char* limit : {"7", "20", "100"}) {
        const auto rows = all_pages(world().as(acme_user), std::string{path} + "?limit=" + limit);
        EXPECT_TRUE(std::ranges::is_sorted(rows, std::ranges::greater{}, [](const auto& row) {
            return std::pair{
                std::string{row.at("created_at").as_string()}, std::string{row.at("id").as_string()}
            };
        }));
        std::vector<std::string> expected = demo_ids(rows, "0197c0de-0001-7000-a000-");
        EXPECT_EQ(expected.size(), 200U) << "limit " << limit;
        EXPECT_EQ(std::set(expected.begin(), expected.end()).size(), 200U);
        EXPECT_EQ(
            std::to_string(rows.size()),
            world().database().connect_as_superuser().value(
                "select count(*) from app.item where tenant_id = $1", {std::string{testkit::acme}}
            )
        );
    }
}

TEST(ListItems, has_no_next_cursor_on_the_last_page) {
    const std::string q = unique_text("last");
    new_item(acme_user, {{"title", q + " 1"}});
    new_item(acme_user, {{"title", q + " 2"}});
    const std::string filtered = std::string{path} + "?q=" + q.substr(0, 4) + "%20" + q.substr(5);
    EXPECT_TRUE(world().as(acme_user).get(filtered + "&limit=2").json().at("next_cursor").is_null());
    EXPECT_TRUE(world().as(acme_user).get(filtered + "&limit=1").json().at("next_cursor").is_string());
}

TEST(ListItems, never_shows_another_tenants_rows) {
    new_item(acme_user);
    new_item(globex_user);
    auto superuser = world().database().connect_as_superuser();
    for (const Account& account : {acme_admin, acme_user, globex_admin, globex_user}) {
        for (const auto& row : all_pages(world().as(account), std::string{path} + "?limit=100")) {
            const std::string id{row.at("id").as_string()};
            EXPECT_EQ(superuser.value("select tenant_id from app.item where id = $1", {id}), account.tenant)
                << id;
        }
    }
}

TEST(ListItems, sorts_by_each_choice_and_pages_through_each_row_once) {
    const std::string project = new_project(acme_user).id();
    std::vector<std::string> ids;
    for (const char* title : {"b", "A", "C", "a", "B", "\xc3\x89", "\xf0\x9f\xa4\x96"}) {
        ids.push_back(new_item(acme_user, {{"project_id", project}, {"title", title}}).id());
    }
    const auto titles = [&](const std::string& sort) {
        std::string text;
        for (const char* limit : {"1", "2", "3", "100"}) {
            const std::string all = std::string{path} + "?project_id=" + project + "&limit=" + limit + sort;
            std::string page;
            for (const auto& row : all_pages(world().as(acme_user), all)) {
                page += row.at("title").as_string();
                page += ' ';
            }
            EXPECT_TRUE(text.empty() || text == page) << page;
            text = page;
        }
        return text;
    };
    EXPECT_EQ(titles("&sort=oldest"), "b A C a B \xc3\x89 \xf0\x9f\xa4\x96 ");
    EXPECT_EQ(titles("&sort=newest"), "\xf0\x9f\xa4\x96 \xc3\x89 B a C A b ");
    EXPECT_EQ(titles(""), titles("&sort=newest"));
    EXPECT_EQ(titles("&sort=title"), "A a b B C \xc3\x89 \xf0\x9f\xa4\x96 ");
    const auto rows = all_pages(world().as(acme_user), std::string{path} + "?limit=100&sort=title");
    EXPECT_EQ(demo_ids(rows, "0197c0de-0001-7000-a000-").size(), 200U);
}

TEST(ListItems, refuses_another_tenants_cursor) {
    const std::string cursor =
        world().as(globex_admin).get(std::string{path} + "?limit=5").field("next_cursor");
    EXPECT_EQ(world().as(globex_user).get(std::string{path} + "?cursor=" + cursor).status(), 200);
    EXPECT_TRUE(
        is_invalid(world().as(acme_admin).get(std::string{path} + "?cursor=" + cursor), "query.cursor")
    );
}

TEST(ListItems, refuses_a_cursor_of_another_filter_or_sort) {
    Client client = world().as(acme_user);
    const std::string all = std::string{path} + "?status=open&sort=title";
    const std::string cursor = client.get(all + "&limit=5").field("next_cursor");
    EXPECT_EQ(client.get(all + "&cursor=" + cursor).status(), 200);
    EXPECT_EQ(client.get(all + "&limit=7&cursor=" + cursor).status(), 200) << "a page may have another size";
    EXPECT_EQ(client.get(std::string{path} + "?cursor=" + cursor + "&sort=title&status=open").status(), 200)
        << "the parameters may come in any order";
    for (const char* other :
         {"?sort=title",
          "?status=open",
          "?status=done&sort=title",
          "?status=open&sort=newest",
          "?status=open&sort=title&q=a",
          "?"}) {
        EXPECT_TRUE(is_invalid(client.get(std::string{path} + other + "&cursor=" + cursor), "query.cursor"))
            << other;
    }
}

TEST(ListItems, refuses_a_cursor_with_any_character_changed) {
    Client client = world().as(acme_user);
    const std::string good = client.get(std::string{path} + "?limit=5").field("next_cursor");
    for (std::size_t at = 0; at < good.size(); ++at) {
        std::string forged = good;
        forged[at] = forged[at] == 'A' ? 'B' : 'A';
        EXPECT_TRUE(is_invalid(client.get(std::string{path} + "?cursor=" + forged), "query.cursor"))
            << forged;
    }
}

TEST(ListItems, finds_titles_that_begin_with_q_in_any_case) {
    const auto rows = all_pages(world().as(acme_user), std::string{path} + "?limit=100&q=cALIBRATE%20a");
    EXPECT_FALSE(rows.empty());
    for (const auto& row : rows) {
        EXPECT_TRUE(row.at("title").as_string().starts_with("Calibrate a")) << row.at("title").as_string();
    }
}

TEST(ListItems, takes_q_as_text_and_nothing_else) {
    for (const char* q : {"%25", "_alibrate", "Calibrate%25", "'%20OR%20true--", "%5C", "%24%241"}) {
        const Reply reply = world().as(acme_user).get(std::string{path} + "?q=" + q);
        EXPECT_EQ(reply.status(), 200) << q << reply.text();
        EXPECT_TRUE(ids_of(reply).empty()) << q << " found " << reply.text();
    }
}

TEST(ListItems, filters_by_status) {
    for (const char* status : {"open", "done", "archived"}) {
        const auto rows = all_pages(world().as(acme_user), std::string{path} + "?limit=100&status=" + status);
        EXPECT_FALSE(demo_ids(rows, "0197c0de-0001-").empty());
        for (const auto& row : rows) {
            EXPECT_EQ(row.at("status").as_string(), status);
        }
    }
}

TEST(ListItems, filters_by_project) {
    const std::string project = new_project(acme_user).id();
    const std::string inside = new_item(acme_user, {{"project_id", project}}).id();
    new_item(acme_user);
    EXPECT_EQ(
        ids_of(world().as(acme_user).get(std::string{path} + "?project_id=" + project)), std::vector{inside}
    );
}

TEST(ListItems, combines_filters) {
    const std::string project = new_project(acme_user).id();
    new_item(acme_user, {{"project_id", project}, {"title", "alpha"}});
    const std::string beta = new_item(acme_user, {{"project_id", project}, {"title", "beta"}}).id();
    const std::string all = std::string{path} + "?project_id=" + project + "&status=open&q=b";
    EXPECT_EQ(ids_of(world().as(acme_user).get(all)), std::vector{beta});
}

TEST(ListItems, shows_nothing_of_another_tenants_project_like_of_an_unknown_one) {
    const std::string foreign = new_project(globex_user).id();
    new_item(globex_user, {{"project_id", foreign}});
    const Reply reply = world().as(acme_admin).get(std::string{path} + "?project_id=" + foreign);
    EXPECT_EQ(reply.status(), 200);
    EXPECT_TRUE(ids_of(reply).empty());
    EXPECT_TRUE(are_indistinguishable(
        reply, world().as(acme_admin).get(std::string{path} + "?project_id=" + unknown_id())
    ));
}

TEST(ListItems, bounds_limit) {
    for (const char* limit : {"1", "100"}) {
        EXPECT_EQ(
            ids_of(world().as(acme_user).get(std::string{path} + "?limit=" + limit)).size(), std::stoul(limit)
        );
    }
    for (const char* limit :
         {"0", "101", "-1", "", "abc", "1.5", "1e2", "+5", "%205", "0x10", "99999999999999999999"}) {
        EXPECT_TRUE(
            is_invalid(world().as(acme_user).get(std::string{path} + "?limit=" + limit), "query.limit")
        ) << limit;
    }
}

TEST(ListItems, refuses_cursors_that_it_did_not_give_out) {
    const std::string good = world().as(acme_user).get(std::string{path} + "?limit=5").field("next_cursor");
    for (const std::string& cursor :
         {std::string{"x"},
          std::string{},
          good + "A",
          good + "=",
          good.substr(1),
          std::string(good.size(), '_'),
          std::string(2'001, 'A'),
          std::string{"%27%3B--"}}) {
        EXPECT_TRUE(
            is_invalid(world().as(acme_user).get(std::string{path} + "?cursor=" + cursor), "query.cursor")
        ) << cursor;
    }
}

TEST(ListItems, refuses_what_it_does_not_know) {
    Client client = world().as(acme_user);
    EXPECT_TRUE(is_invalid(
        client.get(std::string{path} + "?tenant_id=" + std::string{testkit::globex}), "query.tenant_id"
    ));
    EXPECT_TRUE(is_invalid(client.get(std::string{path} + "?Limit=5"), "query.Limit"));
    EXPECT_TRUE(is_invalid(client.get(std::string{path} + "?limit=5&limit=6"), "query.limit"));
    EXPECT_TRUE(is_invalid(client.get(std::string{path} + "?status=lost"), "query.status"));
    EXPECT_TRUE(is_invalid(client.get(std::string{path} + "?project_id=1"), "query.project_id"));
    EXPECT_TRUE(is_invalid(client.get(std::string{path} + "?q="), "query.q"));
    EXPECT_TRUE(is_invalid(client.get(std::string{path} + "?q=" + std::string(101, 'a')), "query.q"));
    EXPECT_TRUE(is_invalid(client.get(std::string{path} + "?q=%zz"), "query"));
    EXPECT_TRUE(is_invalid(client.get(std::string{path} + "?q=%00"), "query"));
    EXPECT_TRUE(is_invalid(client.get(std::string{path} + "?q=%ff"), "query"));
}

TEST(ListItems, names_every_wrong_parameter_at_once) {
    const Reply reply = world().as(acme_user).get(std::string{path} + "?limit=0&status=lost&sort=size");
    for (const char* loc : {"query.limit", "query.status", "query.sort"}) {
        EXPECT_TRUE(is_invalid(reply, loc));
    }
}

}  // namespace

}  // namespace pz::product
