import { useQuery } from "@tanstack/react-query";
import { UserPlus, Users } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { Button } from "@/components/ui/button";
import { ConfirmDialog } from "@/components/ui/confirm-dialog";
import { DataList, FilterSelect } from "@/components/ui/data-list";
import { PageHeader } from "@/components/ui/page-header";
import { SearchField } from "@/components/ui/search-field";
import { statusWord } from "@/components/ui/status-badge";
import { notify, notifyProblem } from "@/components/ui/toasts";
import { asProblem } from "@/lib/api/problem";
import { common } from "@/lib/language/common";
import { session } from "@/lib/session/browser-session";
import { lastAdminQuery, type Person, type PersonChange, peopleQuery, useChangePerson, useRemovePerson } from "../api";
import { type Circle, circles, type MemberState, memberStates, type PeopleSearch, type PersonRole, validatePeopleSearch } from "../search";
import { words } from "../words";
import { Invitations } from "./invitations";
import { MemberRow } from "./member-row";

const InviteDialog = lazy(() => import("./invite-dialog"));

/** What asks first: it takes something away from somebody at once. */
type Question = { kind: "disable" | "remove" | "step_down"; person: Person };

interface PeopleViewProps {
    circle: Circle;
    search: PeopleSearch;
    onSearch(next: PeopleSearch, replace?: boolean): void;
}

/** The people of an organization, or the platform's own: who may do what, and who is invited. */
export function PeopleView({ circle, search, onSearch }: PeopleViewProps) {
    const own = words[circle];
    const { cursor, ...filter } = search;
    const people = useQuery(peopleQuery(search));
    const lastAdmin = useQuery(lastAdminQuery(circle));
    const change = useChangePerson();
    const remove = useRemovePerson();
    const [inviting, setInviting] = useState(false);
    const [question, setQuestion] = useState<Question | null>(null);
    const self = session.identity()?.personId;
    const refused = (error: unknown) => notifyProblem(refusalTitle(circle, error), error);

    function save(wanted: PersonChange, done: string, undo?: (saved: Person) => void) {
        change.mutate(wanted, {
            onSuccess: (saved) => notify({ title: done, action: undo && { label: common.undo, run: () => undo(saved) } }),
            onError: refused,
            onSettled: () => setQuestion(null),
        });
    }

    function setRole(person: Person, role: PersonRole) {
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
            save({ person, change: { role: circles[circle][1] } }, own.steppedDown);
        } else {
            remove.mutate(person, {
                onSuccess: () => notify({ title: own.isRemoved(person.name) }),
                onError: refused,
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
    // Another filter or order begins on its first page; what is typed letter by letter is one step for Back.
    function narrow(wanted: Partial<Record<"q" | "role" | "state" | "sort", string>>) {
        onSearch(validatePeopleSearch(circle, { ...filter, ...wanted }), "q" in wanted);
    }

    return (
        <>
            <PageHeader title={own.title} intro={own.intro} actions={invite} />
            <DataList
                label={own.title}
                filters={
                    <>
                        <SearchField
                            label={own.searchLabel}
                            placeholder={words.searchPlaceholder}
                            value={search.q ?? ""}
                            onSearch={(q) => narrow({ q })}
                            className="w-full sm:w-64"
                        />
                        <FilterSelect
                            label={words.role}
                            any={words.anyRole}
                            value={search.role}
                            options={circles[circle].map((role) => ({ value: role, label: common.roles[role] }))}
                            onChoose={(role) => narrow({ role })}
                        />
                        <FilterSelect
                            label={common.state}
                            any={words.anyState}
                            value={search.state}
                            options={memberStates.map((state) => ({ value: state, label: statusWord(state) }))}
                            onChoose={(state) => narrow({ state })}
                        />
                        <FilterSelect
                            label={words.sortBy}
                            any={words.newestFirst}
                            value={search.sort}
                            options={[{ value: "name", label: words.byName }]}
                            onChoose={(sort) => narrow({ sort })}
                            className="sm:ml-auto"
                        />
                    </>
                }
                query={people}
                loading={own.loading}
                skeletonRows={4}
                narrowed={Boolean(search.q || search.role || search.state || cursor)}
                noMatch={words.noMatch}
                onClear={() => onSearch({})}
                empty={{ icon: <Users />, title: words.none, text: own.noneText, action: invite }}
                caption={own.caption}
                headings={[
                    { label: words.name },
                    { label: words.role, className: "hidden sm:table-cell" },
                    { label: common.state, className: "hidden sm:table-cell" },
                    { label: words.since, className: "hidden lg:table-cell" },
                    { label: words.actions, hidden: true },
                ]}
                summary={own.onThisPage}
                cursor={cursor}
                onPage={(next) => onSearch(next ? { ...filter, cursor: next } : filter)}
            >
                {(person) => (
                    <MemberRow
                        key={person.id}
                        circle={circle}
                        person={person}
                        isSelf={person.id === self}
                        isLastAdmin={person.id === lastAdmin.data}
                        onRole={(role) => setRole(person, role)}
                        onState={(state) => setState(person, state)}
                        onRemove={() => setQuestion({ kind: "remove", person })}
                    />
                )}
            </DataList>
            <Invitations />
            <Suspense>{inviting && <InviteDialog circle={circle} onClose={() => setInviting(false)} />}</Suspense>
            {question && (
                <ConfirmDialog
                    {...questionWords(circle, question)}
                    busy={change.isPending || remove.isPending}
                    onConfirm={() => answer(question)}
                    onClose={() => setQuestion(null)}
                />
            )}
        </>
    );
}

function refusalTitle(circle: Circle, error: unknown): string {
    switch (asProblem(error).code) {
        case "version_conflict":
            return words[circle].changedMeanwhile;
        case "last_admin":
            return words[circle].lastAdmin;
        default:
            return common.notSaved;
    }
}

function questionWords(circle: Circle, { kind, person: { name } }: Question): { title: string; description: string; action: string } {
    const own = words[circle];
    const { disable, remove } = words.questions;
    switch (kind) {
        case "disable":
            return { title: disable.title(name), description: own.disableText(name), action: disable.action };
        case "remove":
            return { title: remove.title(name), description: own.removeText(name), action: own.removeAction };
        case "step_down":
            return { title: own.stepDownTitle, description: own.stepDownText, action: own.stepDownAction };
    }
}
