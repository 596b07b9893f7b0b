import { useInfiniteQuery } from "@tanstack/react-query";
import { Mail, Send } from "lucide-react";
import { useState } from "react";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { ConfirmDialog } from "@/components/ui/confirm-dialog";
import { QueryView } from "@/components/ui/query-view";
import { SkeletonRows } from "@/components/ui/skeleton";
import { notify, notifyProblem } from "@/components/ui/toasts";
import { formatDate } from "@/lib/format";
import { common } from "@/lib/language/common";
import { type Invitation, invitationsQuery, useResendInvitation, useWithdrawInvitation } from "../api";
import { words as memberWords } from "../words";

const words = memberWords.invitations;

/** Who is invited and has not come yet. */
export function Invitations() {
    const invitations = useInfiniteQuery(invitationsQuery);
    const resend = useResendInvitation();
    const withdraw = useWithdrawInvitation();
    const [withdrawing, setWithdrawing] = useState<Invitation | null>(null);

    function sendAgain(invitation: Invitation) {
        resend.mutate(invitation, {
            onSuccess: () => notify({ title: words.resent(invitation.email), description: words.resentText }),
            onError: (error) => notifyProblem(words.notSent, error),
        });
    }

    function confirmWithdrawal(invitation: Invitation) {
        withdraw.mutate(invitation, {
            onSuccess: () => notify({ title: words.withdrawn(invitation.email) }),
            onError: (error) => notifyProblem(words.notWithdrawn, error),
            onSettled: () => setWithdrawing(null),
        });
    }

    return (
        <Card aria-labelledby="invitations" className="mt-6">
            <h2 id="invitations" className="border-b border-line px-5 py-3.5 font-semibold">
                {words.title}
            </h2>
            <QueryView
                query={invitations}
                skeleton={<SkeletonRows rows={2} label={words.loading} />}
                isEmpty={({ pages }) => pages[0]?.items.length === 0}
                empty={<p className="px-5 py-6 text-ink-soft">{words.none}</p>}
            >
                {({ pages }) => (
                    <ul className="divide-y divide-line">
                        {pages
                            .flatMap(({ items }) => items)
                            .map((invitation) => (
                                <li key={invitation.id} className="flex flex-wrap items-center gap-x-4 gap-y-2.5 px-5 py-3">
                                    <span aria-hidden="true" className="grid size-9 shrink-0 place-items-center rounded-xl bg-accent-soft text-accent-soft-ink">
                                        <Mail className="size-4" />
                                    </span>
                                    <div className="min-w-0 flex-1 basis-48">
                                        <p translate="no" className="truncate font-medium" title={invitation.email}>
                                            {invitation.email}
                                        </p>
                                        <p className="text-xs text-ink-soft">
                                            {words.until(common.roles[invitation.role], formatDate(invitation.expires_at))}
                                        </p>
                                    </div>
                                    <div className="flex gap-2">
                                        <Button
                                            className="h-9 px-3"
                                            busy={resend.isPending && resend.variables.id === invitation.id}
                                            aria-label={words.resendTo(invitation.email)}
                                            onClick={() => sendAgain(invitation)}
                                        >
                                            <Send className="size-4" aria-hidden="true" />
                                            {words.resend}
                                        </Button>
                                        <Button
                                            className="h-9 px-3"
                                            aria-label={words.withdrawOf(invitation.email)}
                                            onClick={() => setWithdrawing(invitation)}
                                        >
                                            {words.withdraw}
                                        </Button>
                                    </div>
                                </li>
                            ))}
                    </ul>
                )}
            </QueryView>
            {invitations.hasNextPage && (
                <div className="border-t border-line p-3 text-center">
                    <Button busy={invitations.isFetchingNextPage} onClick={() => invitations.fetchNextPage()}>
                        {common.showMore}
                    </Button>
                </div>
            )}
            {withdrawing && (
                <ConfirmDialog
                    title={words.withdrawTitle}
                    description={words.withdrawText(withdrawing.email)}
                    action={words.withdraw}
                    busy={withdraw.isPending}
                    onConfirm={() => confirmWithdrawal(withdrawing)}
                    onClose={() => setWithdrawing(null)}
                />
            )}
        </Card>
    );
}
