import { zodResolver } from "@hookform/resolvers/zod";
import { useForm } from "react-hook-form";
import { z } from "zod";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Field, TextInput } from "@/components/ui/field";
import { FigureTile } from "@/components/ui/figure-tile";
import { FormFailure } from "@/components/ui/form-failure";
import { notify } from "@/components/ui/toasts";
import { showFieldProblems } from "@/lib/api/field-problems";
import { formatCount } from "@/lib/format";
import { type OrgDetail, useInviteAdmin } from "../api";
import { lacksAdmin } from "../steps";
import { words } from "../words";

/** How many people it has; and, while nobody administers it, the way to invite somebody who will. */
export default function OrgMembers({ org }: { org: OrgDetail }) {
    const { members, admins, invited } = org.people;
    return (
        <div className="grid gap-5">
            <div className="grid gap-3 sm:grid-cols-3 sm:gap-5">
                <FigureTile label={words.members} value={formatCount(members)} />
                <FigureTile label={words.detail.admins} value={formatCount(admins)} />
                <FigureTile label={words.detail.invited} value={formatCount(invited)} />
            </div>
            <Card className="p-5 sm:p-6">
                {lacksAdmin({ ...org, admins }) ? (
                    <InviteForm org={org} />
                ) : (
                    <p className="max-w-2xl leading-relaxed text-ink-soft">
                        {words.detail.membersText} {admins > 0 && words.detail.hasAdmin}
                    </p>
                )}
            </Card>
        </div>
    );
}

const schema = z.object({ email: z.email(words.create.emailWrong).max(254) });

function InviteForm({ org }: { org: OrgDetail }) {
    const invite = useInviteAdmin();
    const form = useForm({ resolver: zodResolver(schema), defaultValues: { email: "" } });
    const { errors } = form.formState;

    const submit = form.handleSubmit(async ({ email }) => {
        try {
            await invite.mutateAsync({ id: org.id, email });
            notify({ title: words.detail.inviteDone(email) });
            form.reset();
        } catch (error) {
            showFieldProblems(error, form);
        }
    });

    return (
        <form className="grid max-w-md gap-4" onSubmit={submit} noValidate>
            <div>
                <h2 className="font-semibold">{words.detail.inviteTitle}</h2>
                <p className="mt-1 leading-relaxed text-ink-soft">{words.detail.inviteText}</p>
            </div>
            <Field label={words.create.adminEmail} error={errors.email?.message}>
                {(control) => <TextInput {...control} {...form.register("email")} type="email" autoComplete="off" />}
            </Field>
            <FormFailure error={errors.root} />
            <Button type="submit" tone="primary" busy={invite.isPending} className="justify-self-start">
                {words.detail.invite}
            </Button>
        </form>
    );
}
