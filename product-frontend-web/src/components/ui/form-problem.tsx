/** What is wrong with a form as a whole. Always there, so that readers hear what comes into it. */
export function FormProblem({ message }: { message: string | undefined }) {
    return (
        <div role="alert" className="empty:hidden">
            {message && <p className="rounded-lg bg-bad-soft px-3.5 py-2.5 font-medium text-bad">{message}</p>}
        </div>
    );
}
