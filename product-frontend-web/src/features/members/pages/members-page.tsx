import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { SearchX, UserPlus, Users } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { ConfirmDialog } from "@/components/ui/confirm-dialog";
import { EmptyState } from "@/components/ui/empty-state";
import { Select } from "@/components/ui/field";
import { PageHeader } from "@/components/ui/page-header";
import { Pager } from "@/components/ui/pager";
import { QueryView } from "@/components/ui/query-view";
import { SearchField } from "@/components/ui/search-field";
import { SkeletonRows } from "@/components/ui/skeleton";
import { statusWord } from "@/components/ui/status-badge";
import { notify, notifyProblem } from "@/components/ui/toasts";
import { asProblem } from "@/lib/api/problem";
import { common } from "@/lib/language/common";
import { session } from "@/lib/session/browser-session";
import { lastAdminQuery, type Person, type PersonChange, peopleQuery, useChangePerson, useRemovePerson } from "../api";
import { Invitations } from "../components/invitations";
import { MemberRow } from "../components/member-row";
import { type MemberRole, memberRoles, type MemberState, memberStates, validateMemberSearch } from "../search";
import { words } from "../words";

const InviteDialog = lazy(() => import("../components/invite-dialog"));

const route = getRouteApi("/shell/members");

/** What asks first: it takes something away from somebody at once. */
type Question = { kind: "disable" | "remove" | "step_down"; person: Person };

export function MembersPage() {
    const search = route.useSearch();
    const navigate = route.useNavigate();
    const people = useQuery(peopleQuery(search));
    const lastAdmin = useQuery(lastAdminQuery);
    const change = useChangePerson();
    const remove = useRemovePerson();
    const [inviting, setInviting] = useState(false);
    const [question, setQuestion] = useState<Question | null>(null);
    const self = session.identity()?.personId;
    const filtered = Boolean(search.q || search.role || search.state || search.cursor);

    function save(wanted: PersonChange, done: string, undo?: (saved: Person) => void) {
        change.mutate(wanted, {
            onSuccess: (saved) => notify({ title: done, action: undo && { label: "Undo", run: () => undo(saved) } }),
            onError: (error) => notifyProblem(refusalTitle(error), error),
            onSettled: () => setQuestion(null),
        });
    }

    function setRole(person: Person, role: MemberRole) {
        const before = person.role;
        if (person.id === self) {
            setQuestion({ kind: "step_down", person });
            return;
        }
        save({ person, change: { role } }, words.roleIsNow(person.name, common.roles[role]), (saved) =>
            save({ person: saved, change: { role: before } }, words.roleIsAgain(person.name, common.roles[before])),
        );
    }

    function setState(person: Person, state: MemberState) {
        if (state === "disabled") {
            setQuestion({ kind: "disable", person });
        } else {
            save({ person, change: { state } }, words.mayComeBack(person.name));
        }
    }

    function answer({ kind, person }: Question) {
        if (kind === "disable") {
            save({ person, change: { state: "disabled" } }, words.isDisabled(person.name), (saved) =>
                save({ person: saved, change: { state: "active" } }, words.mayComeBack(person.name)),
            );
        } else if (kind === "step_down") {
            save({ person, change: { role: "standard" } }, words.steppedDown);
        } else {
            remove.mutate(person, {
                onSuccess: () => notify({ title: words.isRemoved(person.name) }),
                onError: (error) => notifyProblem(refusalTitle(error), error),
                onSettled: () => setQuestion(null),
            });
        }
    }

    const invite = (
        <Button tone="primary" onClick={() => setInviting(true)}>
            <UserPlus className="size-4" aria-hidden="true" />
            {words.invite.open}
        </Button>
    );
    const filter = (next: Partial<Record<"q" | "role" | "state" | "sort", string>>) =>
        navigate({
            search: ({ cursor: _, ...others }) => validateMemberSearch({ ...others, ...next }),
            replace: "q" in next,
        });

    return (
        <>
            <PageHeader title={words.title} intro={words.intro} actions={invite} />
            <Card aria-label={words.title}>
                <div className="flex flex-wrap gap-2 border-b border-line p-3 sm:px-5">
                    <SearchField
                        label={words.searchLabel}
                        placeholder={words.searchPlaceholder}
                        value={search.q ?? ""}
                        onSearch={(q) => filter({ q })}
                        className="w-full sm:w-64"
                    />
                    <Select
                        aria-label={words.role}
                        value={search.role ?? ""}
                        onChange={(event) => filter({ role: event.target.value })}
                        className="min-w-0 flex-1 basis-2/5 sm:flex-none sm:basis-auto"
                    >
                        <option value="">{words.anyRole}</option>
                        {memberRoles.map((role) => (
                            <option key={role} value={role}>
                                {common.roles[role]}
                            </option>
                        ))}
                    </Select>
                    <Select
                        aria-label={common.state}
                        value={search.state ?? ""}
                        onChange={(event) => filter({ state: event.target.value })}
                        className="min-w-0 flex-1 basis-2/5 sm:flex-none sm:basis-auto"
                    >
                        <option value="">{words.anyState}</option>
                        {memberStates.map((state) => (
                            <option key={state} value={state}>
                                {statusWord(state)}
                            </option>
                        ))}
                    </Select>
                    <Select
                        aria-label={words.sortBy}
                        value={search.sort ?? ""}
                        onChange={(event) => filter({ sort: event.target.value })}
                        className="min-w-0 flex-1 basis-2/5 sm:ml-auto sm:flex-none sm:basis-auto"
                    >
                        <option value="">{words.newestFirst}</option>
                        <option value="name">{words.byName}</option>
                    </Select>
                </div>
                <QueryView
                    query={people}
                    skeleton={<SkeletonRows rows={4} label={words.loading} />}
                    isEmpty={(page) => page.items.length === 0}
                    empty={
                        filtered ? (
                            <EmptyState
                                icon={<SearchX />}
                                title={words.noMatch}
                                text={common.noMatchText}
                                action={<Button onClick={() => navigate({ search: {} })}>{common.clearFilters}</Button>}
                            />
                        ) : (
                            <EmptyState icon={<Users />} title={words.none} text={words.noneText} action={invite} />
                        )
                    }
                >
                    {(page) => (
                        <>
                            <table className="w-full text-left">
                                <caption className="sr-only">{words.caption}</caption>
                                <thead className="border-b border-line text-xs text-ink-soft max-sm:sr-only">
                                    <tr>
                                        <th scope="col" className="py-2.5 pl-5 font-medium">
                                            {words.name}
                                        </th>
                                        <th scope="col" className="hidden py-2.5 pl-5 font-medium sm:table-cell">
                                            {words.role}
                                        </th>
                                        <th scope="col" className="hidden py-2.5 pl-5 font-medium sm:table-cell">
                                            {common.state}
                                        </th>
                                        <th scope="col" className="hidden py-2.5 pl-5 font-medium lg:table-cell">
                                            {words.since}
                                        </th>
                                        <th scope="col" className="py-2.5 pr-5 text-right font-medium">
                                            <span className="sr-only">{words.actions}</span>
                                        </th>
                                    </tr>
                                </thead>
                                <tbody>
                                    {page.items.map((person) => (
                                        <MemberRow
                                            key={person.id}
                                            person={person}
                                            isSelf={person.id === self}
                                            isLastAdmin={person.id === lastAdmin.data}
                                            onRole={(role) => setRole(person, role)}
                                            onState={(state) => setState(person, state)}
                                            onRemove={() => setQuestion({ kind: "remove", person })}
                                        />
                                    ))}
                                </tbody>
                            </table>
                            <Pager
                                summary={words.onThisPage(page.items.length)}
                                onFirst={search.cursor ? () => navigate({ search: ({ cursor: _, ...others }) => others }) : undefined}
                                onNext={
                                    page.next_cursor
                                        ? () => navigate({ search: (others) => ({ ...others, cursor: page.next_cursor ?? "" }) })
                                        : undefined
                                }
                            />
                        </>
                    )}
                </QueryView>
            </Card>
            <Invitations />
            <Suspense>{inviting && <InviteDialog onClose={() => setInviting(false)} />}</Suspense>
            {question && (
                <ConfirmDialog
                    {...questionWords(question)}
                    busy={change.isPending || remove.isPending}
                    onConfirm={() => answer(question)}
                    onClose={() => setQuestion(null)}
                />
            )}
        </>
    );
}

function refusalTitle(error: unknown): string {
    switch (asProblem(error).code) {
        case "version_conflict":
            return words.changedMeanwhile;
        case "last_admin":
            return words.lastAdmin;
        default:
            return common.notSaved;
    }
}

function questionWords({ kind, person: { name } }: Question): { title: string; description: string; action: string } {
    const { disable, remove, stepDown } = words.questions;
    switch (kind) {
        case "disable":
            return { title: disable.title(name), description: disable.text(name), action: disable.action };
        case "remove":
            return { title: remove.title(name), description: remove.text(name), action: remove.action };
        case "step_down":
            return { title: stepDown.title, description: stepDown.text, action: stepDown.action };
    }
}
