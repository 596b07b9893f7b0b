// phasezero: runs Phase Zero on one machine. Each command of the table below is a function in a file of its
// own name.
#include "audit.hpp"
#include "audit_keys.hpp"
#include "clients.hpp"
#include "commands.hpp"
#include "configuration.hpp"
#include "doctor.hpp"
#include "exit_code.hpp"
#include "key_drill.hpp"
#include "keys.hpp"
#include "mailbox.hpp"
#include "prove/prove.hpp"
#include "scale_out.hpp"
#include "screen.hpp"
#include "selftest.hpp"
#include "tenants.hpp"
#include "up.hpp"
#include "workspace.hpp"

#include <pz/core/config.hpp>
#include <pz/core/spelling.hpp>
#include <pz/pg/blocking.hpp>
#include <pz/pg/cluster.hpp>
#include <pz/pg/migrator.hpp>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <exception>
#include <iostream>
#include <string>
#include <vector>

namespace {

using namespace pz::command;

constexpr const char* introduction =
    R"(Phase Zero, on this machine: a private PostgreSQL, both services and the console.

  phasezero up            start everything and say where it is
  phasezero logs api -f   follow what the API writes
  phasezero psql --tenant acme
                          look at the data as one organization sees it
  phasezero down          stop everything

Nothing leaves this machine: all of it listens on loopback, and the database on a unix socket only.)";

/// Everything the command line can say. Filled by CLI11.
struct Arguments {
    bool json = false;
    bool no_color = false;
    bool yes = false;
    bool offline = false;
    UpOptions up;
    bool end_owners = false;
    bool strict_ports = false;
    bool no_smoke_test = false;
    std::int64_t started_at_milliseconds = 0;
    LogOptions logs;
    PsqlOptions psql;
    ConfigOptions config;
    std::string service = "api";
    std::string migrations;
    std::string seed_name;
    std::string confirmation;
    NewClient new_client;
    bool no_refresh_tokens = false;
    std::string tenant_id;
    std::string certificate_file;
    std::string certificate_keys;
    std::string archive;
    bool only_list = false;
    std::string client_id;
    bool fernet = false;
    std::string kid;
    AuditOptions audit;
    SelftestOptions selftest;
    DrillOptions drill;
    prove::ProveOptions prove;
    bool apply_citus = false;
    bool plan_citus = false;
    int letter = 0;
    int letters = 10;
};

void add_port_options(CLI::App& command, Ports& ports) {
    const char* group = "Ports (0: any free one)";
    command.add_option("--web-port", ports.web, "of the web server")->capture_default_str()->group(group);
    command.add_option("--api-port", ports.api, "of product-core-api")->capture_default_str()->group(group);
    command.add_option("--identity-port", ports.identity, "of identity-service")
        ->capture_default_str()
        ->group(group);
}

void add_up(CLI::App& program, Arguments& arguments) {
    CLI::App* up = program.add_subcommand("up", "Start everything, say where it is, and stay until Ctrl-C");
    up->add_flag("--plan", arguments.up.plan_only, "Say what would happen, and do nothing");
    up->add_flag("--reset", arguments.up.reset, "Delete the database first (asks for the state id)");
    up->add_option("--confirm", arguments.up.confirm_reset, "The state id, for --reset without a terminal")
        ->type_name("ID");
    CLI::Option* kill =
        up->add_flag("--kill", arguments.end_owners, "End whoever listens on our ports (TERM first)");
    up->add_flag("--strict-ports", arguments.strict_ports, "A taken port is an error (exit code 4)")
        ->excludes(kill);
    up->add_flag("--watch", arguments.up.watch, "Rebuild and restart what a saved source file touches");
    up->add_flag("--no-smoke", arguments.no_smoke_test, "Skip the smoke test");
    add_port_options(*up, arguments.up.ports);
    // ./dev hands over what happened before we ran.
    up->add_option("--build-note", arguments.up.build_note)->group("");
    up->add_option("--called-as", arguments.up.called_as)->group("");
    up->add_option("--started-at", arguments.started_at_milliseconds)->group("");
}

void add_selftest(CLI::App& program, Arguments& arguments) {
    CLI::App* group =
        program.add_subcommand("selftest", "Try out what this installation promises")->require_subcommand(1);
    SelftestOptions& options = arguments.selftest;
    CLI::App* command = group->add_subcommand(
        "support-readonly", "That a support session which may only read changes nothing, by SQL and by routes"
    );
    command->add_option("--api", options.api, "product-core-api, for the routes")->type_name("URL");
    command->add_option("--identity", options.identity, "identity-service")->type_name("URL");
    command->add_option("--email", options.email, "of the agent; the password is $PHASEZERO_AGENT_PASSWORD")
        ->capture_default_str();
    command->add_option("--tenant", options.tenant, "the organization that the session is in")
        ->type_name("ID");
}

void add_scale_out(CLI::App& program, Arguments& arguments) {
    CLI::App* group =
        program
            .add_subcommand(
                "scale-out",
                "One database on several machines: $PZ_DATABASE_MIGRATOR if it is set, else the "
                "local one"
            )
            ->require_subcommand(1);
    CLI::App* citus = group->add_subcommand("citus", "The organizations' tables, spread by tenant_id");
    CLI::Option* apply =
        citus->add_flag("--apply", arguments.apply_citus, "Do it; the extension has to be there");
    citus->add_flag("--plan", arguments.plan_citus, "Print the statements (what it does anyway)")
        ->excludes(apply);
}

void add_audit(CLI::App& program, Arguments& arguments) {
    CLI::App* group =
        program
            .add_subcommand(
                "audit",
                "Whether the audit log is what it was: in $PZ_DATABASE_BACKUP if it is set, else locally"
            )
            ->require_subcommand(1);
    AuditOptions& audit = arguments.audit;
    const auto with_chain = [&](CLI::App* command) {
        return command->add_option("--chain", audit.chain, "\"platform\", or an organization's id");
    };
    CLI::App* verify = group->add_subcommand("verify", "Check every hash, number and signed checkpoint");
    with_chain(verify);
    verify->add_option("--export", audit.export_file, "Check this export instead of a database")
        ->type_name("FILE");
    verify
        ->add_option(
            "--jwks",
            audit.jwks_file,
            "The public keys that checkpoints are signed with; else keys.json in $PZ_AUDIT_FOLDER"
        )
        ->type_name("FILE");
    verify
        ->add_option(
            "--checkpoints",
            audit.checkpoints_file,
            "Checkpoints kept outside the database; else checkpoints.jws in $PZ_AUDIT_FOLDER"
        )
        ->type_name("FILE");
    with_chain(group->add_subcommand("export", "Print a chain, to be checked anywhere"))->required();
    CLI::App* prove = group->add_subcommand("prove-event", "Print a proof that one event was there");
    with_chain(prove)->required();
    prove->add_option("--seq", audit.seq, "The event's number in its chain")->required();
    CLI::App* reconcile = group->add_subcommand(
        "reconcile", "Compare what a support session counted with what the log says of it"
    );
    reconcile->add_option("--session", audit.session, "The support session's id")
        ->required()
        ->type_name("ID");
    CLI::App* check = group->add_subcommand("check-proof", "Check such a proof");
    check->add_option("file", audit.proof_file, "What prove-event printed")->required();
    check->add_option("--jwks", audit.jwks_file, "The public keys that checkpoints are signed with")
        ->type_name("FILE")
        ->required();
    group->add_subcommand("keys", "Print the public keys that checkpoints are signed with, as a JWK set")
        ->add_flag("--table", audit.table, "What each key does, for people");
    group->add_subcommand(
        "rotate-key",
        "Let a new key sign checkpoints: with $PZ_DATABASE_ADMIN and product-core-api's $PZ_ENCRYPTION_KEYS, "
        "else locally"
    );
    group
        ->add_subcommand(
            "retire",
            "Delete the months before this one, and leave a signed word that they were there; as rotate-key"
        )
        ->add_option("--before", audit.month, "YYYY-MM")
        ->required();
}

void add_keys(CLI::App& program, Arguments& arguments) {
    CLI::App* keys = program.add_subcommand(
        "keys", "Signing keys and encryption keys: of $PZ_DATABASE_IDENTITY if it is set, else the local ones"
    );
    keys->require_subcommand(1);
    keys->add_subcommand("list", "All signing keys and what they do now");
    keys->add_subcommand("rotate", "Let the staged key sign now instead of at its time");
    keys->add_subcommand("revoke", "Refuse every token of a key from now on; another one signs")
        ->add_option("kid", arguments.kid, "The key, or the beginning of its name")
        ->required();
    keys->add_subcommand("reencrypt", "Encrypt with the ring's first key what an older one encrypted");
    keys->add_subcommand("generate", "Print a new encryption key for PZ_ENCRYPTION_KEYS")
        ->add_flag("--fernet", arguments.fernet, "A Fernet key: the default, and so far the only kind");
    CLI::App* drill = keys->add_subcommand(
        "drill", "Rotate and revoke under load on the running local stack; fails at the first wrong answer"
    );
    drill->add_option("--rps", arguments.drill.requests_per_second, "Requests a second")
        ->check(CLI::Range(1, 160))
        ->capture_default_str();
    drill->add_option("--minutes", arguments.drill.minutes, "At least so long; one round at least")
        ->check(CLI::Range(0.0, 1'440.0))
        ->capture_default_str();
}

ExitCode run_keys(const CLI::App& keys, const Arguments& arguments, const Screen& screen) {
    const std::string& name = keys.get_subcommands().front()->get_name();
    if (name == "generate") {
        return generate_key();
    }
    const Workspace workspace = Workspace::find();
    if (name == "list") {
        return list_keys(workspace, screen);
    }
    if (name == "rotate") {
        return rotate_keys(workspace, screen);
    }
    if (name == "revoke") {
        return revoke_key(workspace, screen, arguments.kid);
    }
    if (name == "reencrypt") {
        return reencrypt_secrets(workspace, screen);
    }
    return drill_keys(workspace, screen, arguments.drill);
}

void add_others(CLI::App& program, Arguments& arguments) {
    program.add_subcommand("down", "Stop everything, from any terminal");
    program.add_subcommand("status", "What runs, where, and whether it is ready");

    CLI::App* logs = program.add_subcommand("logs", "Show the logs: of identity, api, web, postgres, or all");
    logs->add_option("service", arguments.logs.services, "identity, api, web, postgres");
    logs->add_option("-n,--lines", arguments.logs.lines, "How many of each")->capture_default_str();
    logs->add_flag("-f,--follow", arguments.logs.follow, "Go on with whatever comes next");

    CLI::App* psql = program.add_subcommand("psql", "Open psql on the running database");
    psql->add_option("--role", arguments.psql.role, "Sign in as this role instead of the superuser");
    psql->add_option(
        "--tenant", arguments.psql.tenant, "See what this organization sees (slug or id; role pz_app)"
    );
    psql->add_option("arguments", arguments.psql.arguments, "For psql itself, behind --");

    CLI::App* mail = program.add_subcommand("mail", "Show the letters that went to the local mail folder");
    mail->add_option("number", arguments.letter, "The whole of this one; 1 is the newest");
    mail->add_option("-n,--lines", arguments.letters, "How many are listed")->capture_default_str();

    CLI::App* env =
        program.add_subcommand("env", "Print a service's environment: eval \"$(phasezero env api)\"");
    env->add_option("service", arguments.service, "api or identity")
        ->check(CLI::IsMember({"api", "identity"}))
        ->capture_default_str();

    CLI::App* migrate = program.add_subcommand(
        "migrate", "Apply new migrations: to $PZ_DATABASE_MIGRATOR if it is set, else to the local database"
    );
    migrate->add_option("--migrations", arguments.migrations, "Read them from here")->type_name("DIR");

    program.add_subcommand("seed", "Put data in place")
        ->add_option(
            "name", arguments.seed_name, "demo: organizations, items and accounts; never in production"
        )
        ->check(CLI::IsMember({"demo"}))
        ->required();

    program.add_subcommand("reset", "Delete the local database and its keys (asks for the state id)")
        ->add_option("--confirm", arguments.confirmation, "The state id, where nobody can be asked")
        ->type_name("ID");

    add_keys(program, arguments);
    add_audit(program, arguments);
    add_selftest(program, arguments);
    add_scale_out(program, arguments);

    CLI::App* config = program.add_subcommand("config", "Every setting: what it is for, and its default");
    config->add_flag("--explain", arguments.config.explain, "The whole table (what it prints anyway)");
    CLI::Option* values = config->add_flag(
        "--values", arguments.config.values, "Also what is set now; of a secret only whether it is"
    );
    config->add_flag("--markdown", arguments.config.markdown, "As docs/configuration.md has it")
        ->excludes(values);

    CLI::App* doctor = program.add_subcommand("doctor", "Examine this machine: tools, ports, disk, clock");
    add_port_options(*doctor, arguments.up.ports);
    program.add_subcommand("version", "Print the version");
}

void add_clients(CLI::App& program, Arguments& arguments) {
    CLI::App* clients =
        program
            .add_subcommand(
                "clients",
                "Programs beside the console that may ask for tokens: in $PZ_DATABASE_IDENTITY "
                "if it is set, else in the local database"
            )
            ->require_subcommand(1);
    NewClient& client = arguments.new_client;
    CLI::App* add = clients->add_subcommand("add", "Register a client; prints its secret once");
    add->add_option("id", client.id, "Its client_id: a-z, 0-9, '.', '_', '-'")->required();
    add->add_option("--name", client.name, "What people are shown when it asks them to sign in")->required();
    add->add_option(
        "--redirect-uri", client.redirect_uris, "Where browsers are sent back to, exactly; may be repeated"
    );
    add->add_option(
        "--post-logout-redirect-uri", client.post_logout_redirect_uris, "The same, after signing out"
    );
    add->add_option("--auth", client.authentication, "How it authenticates; none is for apps and browsers")
        ->check(CLI::IsMember({"none", "client_secret_basic", "private_key_jwt"}))
        ->capture_default_str();
    add->add_option("--jwks", client.jwks_file, "Its public keys, for --auth private_key_jwt")
        ->type_name("FILE");
    add->add_option("--scope", client.scopes, "What it may ask for; api: act for people in the business API")
        ->check(CLI::IsMember({"openid", "profile", "email", "api"}))
        ->capture_default_str();
    add->add_flag(
        "--no-refresh-tokens", arguments.no_refresh_tokens, "Access tokens of 15 minutes and no more"
    );
    add->add_flag(
        "--introspects", client.introspects, "A resource server: may ask about any client's tokens"
    );
    clients->add_subcommand("list", "What is registered, and how many live sessions it has");
    for (const auto& [name, what] :
         {std::pair{"rotate-secret", "Print a new secret; the old one is dead at once"},
          std::pair{"remove", "Remove a client and end its sessions (asks first)"}}) {
        clients->add_subcommand(name, what)
            ->add_option("id", arguments.client_id, "Its client_id")
            ->required();
    }
}

void add_prove(CLI::App& program, Arguments& arguments) {
    prove::ProveOptions& options = arguments.prove;
    CLI::App* prove = program.add_subcommand(
        "prove", "Does the database keep its tenants apart? 0: yes, 1: findings, 2: could not run"
    );
    prove->add_option("--rule", options.only, "Only this rule or proof; may be repeated")->type_name("ID");
    CLI::Option* list = prove->add_flag("--list", options.list, "Print all rules and proofs, and do nothing");
    prove->add_option("--explain", options.explain, "Why this rule is one, and what to do; does nothing else")
        ->type_name("ID")
        ->excludes(list);
    prove->add_flag("-a,--all", options.all, "Also print what was run, and what is allowed for which reason");
    prove->add_flag("--strict", options.strict, "Warnings fail too");
    prove->add_option("--sarif", options.sarif, "Write SARIF 2.1.0 for code scanning; - is standard output")
        ->type_name("FILE");
    prove
        ->add_option(
            "--sources",
            options.sources,
            "Where the .sql files are that made the schema: SARIF points into them"
        )
        ->type_name("DIR");
    prove->add_option("--allow", options.allow, "The reviewed exceptions; ours has database/prove.allow")
        ->type_name("FILE");

    prove->add_flag(
        "--static", options.rules_only, "The rules alone: any role can run them, and nothing is tried out"
    );
    prove->add_flag(
        "--mutations",
        options.mutations,
        "Also break a copy of the schema in every known way: each must be found"
    );
    prove
        ->add_option(
            "--statements",
            options.statements,
            "What the programs send, as --print-statements of a service writes it. Default: asked of ours"
        )
        ->type_name("FILE");

    const char* group = "Somebody else's database";
    prove
        ->add_option(
            "--connect",
            options.connect,
            "libpq connection string; passwords belong in PGPASSFILE. Default: $PZ_DATABASE_MIGRATOR, else "
            "the local "
            "database"
        )
        ->type_name("STRING")
        ->group(group);
    prove
        ->add_option("--schema", options.lens.schemas, "Look here only; may be repeated. Default: everywhere")
        ->type_name("NAME")
        ->group(group);
    prove->add_option("--tenant-column", options.lens.tenant_column, "The column that says whose a row is")
        ->capture_default_str()
        ->type_name("NAME")
        ->group(group);
    prove->add_option("--setting", options.lens.setting, "The setting that the policies compare it with")
        ->capture_default_str()
        ->type_name("NAME")
        ->group(group);
}

void add_tenants(CLI::App& program, Arguments& arguments) {
    CLI::App* tenants =
        program
            .add_subcommand(
                "tenants",
                "Organizations leave, come and end: in $PZ_DATABASE_ADMIN, _APP and _BACKUP if "
                "they are set, else in the local database"
            )
            ->require_subcommand(1);
    tenants->add_subcommand("purge-due", "Erase the organizations whose deletion is due; prints certificates")
        ->add_flag("--list", arguments.only_list, "Only say which they are");
    CLI::App* leave = tenants->add_subcommand("export", "Write an organization into an archive");
    leave->add_option("id", arguments.tenant_id, "Its id")->required();
    leave->add_option("file", arguments.archive, "The archive; must not be there yet")->required();
    tenants->add_subcommand("import", "Take an organization in from an archive of another installation")
        ->add_option("file", arguments.archive, "The archive")
        ->required();
    CLI::App* prove =
        tenants->add_subcommand("prove-erased", "Count what is left of an organization: nothing, or exit 1");
    prove->add_option("id", arguments.tenant_id, "Its id")->required();
    prove
        ->add_option(
            "--certificate", arguments.certificate_file, "The certificate that was given out, to be compared"
        )
        ->type_name("FILE");
    prove
        ->add_option(
            "--jwks",
            arguments.certificate_keys,
            "The audit log's public keys; default: those in PZ_AUDIT_FOLDER"
        )
        ->type_name("FILE");
    CLI::App* check = tenants->add_subcommand(
        "check-certificate", "Is a certificate of an erasure what was signed? Needs no database; no: exit 1"
    );
    check->add_option("file", arguments.certificate_file, "The certificate")->required();
    check->add_option("--jwks", arguments.certificate_keys, "The audit log's public keys")
        ->type_name("FILE")
        ->required();
}

ExitCode run_tenants(const CLI::App& tenants, const Screen& screen, const Arguments& arguments) {
    const std::string& name = tenants.get_subcommands().front()->get_name();
    if (name == "check-certificate") {
        return check_erasure_certificate(arguments.certificate_file, arguments.certificate_keys);
    }
    const Workspace workspace = Workspace::find();
    if (name == "purge-due") {
        return purge_due_tenants(workspace, screen, arguments.only_list);
    }
    if (name == "export") {
        return export_tenant_to(workspace, screen, arguments.tenant_id, arguments.archive);
    }
    if (name == "import") {
        return import_tenant_from(workspace, screen, arguments.archive);
    }
    return prove_tenant_erased(
        workspace, screen, arguments.tenant_id, arguments.certificate_file, arguments.certificate_keys
    );
}

ExitCode run_clients(const CLI::App& clients, const Screen& screen, Arguments& arguments) {
    const Workspace workspace = Workspace::find();
    const std::string& name = clients.get_subcommands().front()->get_name();
    if (name == "add") {
        arguments.new_client.refresh_tokens = !arguments.no_refresh_tokens;
        return add_client(workspace, screen, arguments.new_client);
    }
    if (name == "list") {
        return list_clients(workspace, screen);
    }
    return name == "remove" ? remove_client(workspace, screen, arguments.client_id)
                            : rotate_client_secret(workspace, screen, arguments.client_id);
}

ExitCode run_audit(const CLI::App& group, const AuditOptions& options, const Screen& screen) {
    const std::string& name = group.get_subcommands().front()->get_name();
    if (name == "check-proof") {
        return check_proof(options);
    }
    if (name == "verify" && !options.export_file.empty()) {
        return verify_audit_export(options);
    }
    const Workspace workspace = Workspace::find();
    if (name == "verify") {
        return verify_audit(workspace, options);
    }
    if (name == "keys") {
        return print_audit_keys(workspace, options.table);
    }
    if (name == "rotate-key") {
        return rotate_audit_key(workspace, screen);
    }
    if (name == "retire") {
        return retire_audit_months(workspace, screen, options.month);
    }
    if (name == "reconcile") {
        return reconcile_support_session(workspace, options);
    }
    return name == "export" ? export_audit(workspace, options) : prove_event(workspace, options);
}

ExitCode run(const CLI::App& program, Arguments& arguments) {
    const CLI::App& chosen = *program.get_subcommands().front();
    const std::string& name = chosen.get_name();
    if (name == "version") {
        std::cout << "phasezero " << version() << '\n';
        return ExitCode::success;
    }
    if (name == "config") {
        return explain_configuration(arguments.config);
    }
    refuse_unknown_settings();
    const Screen screen{{.json = arguments.json, .colour = !arguments.no_color, .assume_yes = arguments.yes}};
    if (name == "keys") {
        return run_keys(chosen, arguments, screen);
    }
    if (name == "audit") {
        return run_audit(chosen, arguments.audit, screen);
    }
    if (name == "clients") {
        return run_clients(chosen, screen, arguments);
    }
    if (name == "prove") {
        arguments.prove.colour = !arguments.no_color;
        return prove::prove(screen, arguments.prove);
    }
    if (name == "tenants") {
        return run_tenants(chosen, screen, arguments);
    }
    const Workspace workspace = Workspace::find();
    if (name == "selftest") {
        const char* const password =
            std::getenv("PHASEZERO_AGENT_PASSWORD");  // NOLINT(concurrency-mt-unsafe)
        arguments.selftest.password = password != nullptr ? password : "support123";
        if (arguments.selftest.tenant.empty()) {
            arguments.selftest.tenant = "0197c0de-0000-7000-8000-00000000ac3e";
        }
        return check_support_is_read_only(workspace, arguments.selftest);
    }
    if (name == "scale-out") {
        return scale_out_with_citus(
            workspace, arguments.apply_citus ? CitusAction::apply : CitusAction::plan
        );
    }
    if (name == "up") {
        arguments.up.smoke_test = !arguments.no_smoke_test;
        arguments.up.taken_port = arguments.strict_ports ? TakenPort::refuse
                                  : arguments.end_owners ? TakenPort::end_owner
                                                         : TakenPort::ask;
        if (arguments.started_at_milliseconds != 0) {
            const auto now = std::chrono::system_clock::now().time_since_epoch();
            arguments.up.started -= now - std::chrono::milliseconds{arguments.started_at_milliseconds};
        }
        return up(workspace, screen, arguments.up);
    }
    if (name == "down") {
        return down(workspace, screen);
    }
    if (name == "status") {
        return status(workspace, screen);
    }
    if (name == "logs") {
        return logs(workspace, screen, arguments.logs);
    }
    if (name == "mail") {
        return show_mail(workspace, arguments.letter, arguments.letters);
    }
    if (name == "psql") {
        return psql(workspace, arguments.psql);
    }
    if (name == "env") {
        return print_environment(workspace, arguments.service);
    }
    if (name == "migrate") {
        return migrate_database(workspace, screen, arguments.migrations);
    }
    if (name == "seed") {
        return seed(workspace, screen);
    }
    if (name == "reset") {
        return reset(workspace, screen, arguments.confirmation);
    }
    return examine_machine(workspace, screen, arguments.up.ports);
}

int usage_error(const std::string& message) {
    std::cerr << message << "\nphasezero --help shows what there is\n";
    return static_cast<int>(ExitCode::usage);
}

std::vector<std::string> command_names(const CLI::App& program) {
    std::vector<std::string> names;
    for (const CLI::App* command : program.get_subcommands([](const CLI::App*) { return true; })) {
        names.push_back(command->get_name());
    }
    return names;
}

/// The command line's first word, if it is no option.
std::string first_word(int count, char** words) {
    const auto* const found =
        std::find_if(words + 1, words + count, [](const char* word) { return *word != '-'; });
    return found == words + count ? "" : *found;
}

}  // namespace

int main(int count, char** words) {
    Arguments arguments;
    CLI::App program{introduction, "phasezero"};
    program.require_subcommand(1);
    program.fallthrough();  // the common options may stand behind the command
    program.set_version_flag("--version", fmt::format("phasezero {}", version()));
    program.add_flag("--json", arguments.json, "One JSON object a line, for scripts");
    program.add_flag("--no-color", arguments.no_color, "No colours (NO_COLOR does the same)");
    program.add_flag("-y,--yes", arguments.yes, "Answer every y/N question with yes");
    program.add_flag(
        "--offline", arguments.offline, "Download nothing (phasezero itself never does; ./dev does)"
    );
    add_up(program, arguments);
    add_others(program, arguments);
    add_clients(program, arguments);
    add_prove(program, arguments);
    add_tenants(program, arguments);

    const std::vector<std::string> known = command_names(program);
    const std::string word = first_word(count, words);
    if (!word.empty() && std::ranges::find(known, word) == known.end()) {
        const std::string near = pz::core::nearest_word(word, known);
        return usage_error(
            "there is no command " + word + (near.empty() ? "" : "; did you mean " + near + "?")
        );
    }
    try {
        program.parse(count, words);
    } catch (const CLI::Success& success) {
        return program.exit(success);  // --help, --version
    } catch (const CLI::ParseError& error) {
        return usage_error(count == 1 ? program.help() : error.what());
    }
    try {
        return static_cast<int>(run(program, arguments));
    } catch (const CommandError& error) {
        std::cerr << error.what() << '\n';
        return static_cast<int>(error.code());
    } catch (const pz::core::ConfigError& error) {
        std::cerr << error.what() << '\n';
        return static_cast<int>(ExitCode::usage);
    } catch (const std::exception& error) {
        std::cerr << error.what() << '\n';
        return static_cast<int>(ExitCode::failure);
    }
}
